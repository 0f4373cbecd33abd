/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying and filling: the library's functions, which are the kernel's too, against what the
 * compiler makes of a loop. [-n RUNS] [-b BYTES]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <unishyper/mm.h>
#include <unishyper/time.h>

struct area {
	unsigned char *from, *to;
	size_t size;
};

static void library_copy(const struct area *area)
{
	memcpy(area->to, area->from, area->size);
}

static void library_fill(const struct area *area)
{
	memset(area->to, 0xa5, area->size);
}

/* An empty instruction in the loop, or the compiler would call the library. */
static void loop_copy(const struct area *area)
{
	for (size_t i = 0; i < area->size; i++) {
		area->to[i] = area->from[i];
		__asm__ volatile("");
	}
}

static void loop_fill(const struct area *area)
{
	for (size_t i = 0; i < area->size; i++) {
		area->to[i] = 0xa5;
		__asm__ volatile("");
	}
}

static const struct {
	const char *name;
	void (*run)(const struct area *area);
	int fills;
} benches[] = {
	{"memcpy library", library_copy, 0},
	{"memcpy loop", loop_copy, 0},
	{"memset library", library_fill, 1},
	{"memset loop", loop_fill, 1},
};

static int wrong(const struct area *area, int filled)
{
	for (size_t i = 0; i < area->size; i++)
		if (area->to[i] != (filled ? 0xa5 : area->from[i]))
			return 1;
	return 0;
}

static int bench(int which, const struct area *area, int runs)
{
	uint64_t start;

	memset(area->to, 0, area->size);
	for (int i = 0; i < runs; i++)
		benches[which].run(area);
	start = time_now_cycles();
	for (int i = 0; i < runs; i++)
		benches[which].run(area);
	printf("%s: %zu block size, avg: %.3f cycles\n", benches[which].name, area->size,
	       (double)(time_now_cycles() - start) / runs);
	if (!wrong(area, benches[which].fills))
		return 0;
	fprintf(stderr, "%s: the bytes are wrong\n", benches[which].name);
	return 1;
}

int main(int argc, char **argv)
{
	struct area area = {NULL, NULL, 1 << 20};
	int runs = 100, option, status = 0;
	void *from, *to;

	while ((option = getopt(argc, argv, "n:b:")) != -1) {
		if (option == 'n')
			runs = atoi(optarg);
		else if (option == 'b')
			area.size = strtoul(optarg, NULL, 0);
		else
			runs = 0;
	}
	if (runs < 1 || !area.size || optind < argc) {
		fprintf(stderr, "usage: %s [-n RUNS] [-b BYTES]\n", argv[0]);
		return 2;
	}
	if (mm_allocate(area.size, &from) || mm_allocate(area.size, &to)) {
		fprintf(stderr, "no memory for twice %zu bytes\n", area.size);
		return 1;
	}
	area.from = from;
	area.to = to;
	for (size_t i = 0; i < area.size; i++)
		area.from[i] = (unsigned char)(i * 31 + 7);
	for (unsigned i = 0; i < sizeof(benches) / sizeof(*benches); i++)
		status |= bench((int)i, &area, runs);
	mm_deallocate(from);
	mm_deallocate(to);
	return status;
}
