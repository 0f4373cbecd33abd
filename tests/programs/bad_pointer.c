/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad pointers in system calls are EFAULT, and the program goes on. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char constant[16] = "unchanged";
static int failed;

static void expect(const char *what, long result)
{
	if (result != -1 || errno != EFAULT) {
		printf("%s: result %ld, errno %d\n", what, result, errno);
		failed = 1;
	}
	errno = 0;
}

int main(void)
{
	/* Read from memory, so that the compiler does not know them. */
	volatile uintptr_t null = 8, hole = 0x2000000000, kernel = 0xffffffc000000000,
			   odd = 1ul << 63;
	struct timespec *time = (struct timespec *)null;

	expect("write from page 0", write(1, (void *)null, 4));
	expect("write from a hole", write(1, (void *)hole, 4));
	expect("write from the kernel", write(1, (void *)kernel, 4));
	expect("write from a wrong address", write(1, (void *)odd, 4));
	expect("read to page 0", read(0, (void *)null, 4));
	expect("read to a constant", read(0, (void *)(uintptr_t)constant, 4));
	expect("read to code", read(0, (void *)(uintptr_t)main, 4));
	expect("nanosleep at page 0", nanosleep(time, NULL));
	puts(failed ? "wrong" : constant);
	return failed;
}
