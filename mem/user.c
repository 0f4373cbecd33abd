/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory named by the application. */
#include <errno.h>

#include <arch/layout.h>
#include <arch/user.h>
#include <kernel/lock_check.h>
#include <mem/boot_map.h>
#include <mem/pagetable.h>
#include <mem/user.h>

/* In place where most bytes of a program pass. */
static ALWAYS_INLINE bool range_ok(const void *user, size_t size)
{
	uintptr_t start = (uintptr_t)user;

	return start >= PAGE_SIZE && start <= ARCH_APP_END && size <= ARCH_APP_END - start;
}

bool user_range_ok(const void *user, size_t size)
{
	return range_ok(user, size);
}

int user_copy_in(void *to, const void *user_from, size_t size)
{
	lock_check_sleep(NULL, LOCK_PLACE);
	if (!range_ok(user_from, size) || arch_user_copy(to, user_from, size))
		return -EFAULT;
	return 0;
}

int user_copy_out(void *user_to, const void *from, size_t size)
{
	lock_check_sleep(NULL, LOCK_PLACE);
	if (!range_ok(user_to, size) || arch_user_copy(user_to, from, size))
		return -EFAULT;
	return 0;
}

int user_zero(void *user_to, size_t size)
{
	lock_check_sleep(NULL, LOCK_PLACE);
	return user_range_ok(user_to, size) && !arch_user_zero(user_to, size) ? 0 : -EFAULT;
}

/* Piece by piece up to page borders, so that a string just before a hole can be read. */
long user_copy_string(char *to, const char *user_from, size_t size)
{
	size_t done = 0;

	lock_check_sleep(NULL, LOCK_PLACE);
	while (done < size) {
		size_t piece = PAGE_SIZE - ((uintptr_t)(user_from + done) & PAGE_MASK), missing;

		if (piece > size - done)
			piece = size - done;
		if (piece > 64)
			piece = 64;
		if (!user_range_ok(user_from + done, piece))
			return -EFAULT;
		missing = arch_user_copy(to + done, user_from + done, piece);
		for (size_t end = done + piece - missing; done < end; done++)
			if (!to[done])
				return (long)done;
		if (missing)
			return -EFAULT;
	}
	return -ENAMETOOLONG;
}

bool user_peek(uintptr_t address, uintptr_t *value)
{
	unsigned attrs;

	if (address & (sizeof(uintptr_t) - 1) || !pagetable_query(address, NULL, &attrs) ||
	    !(attrs & PAGE_READ) || attrs & PAGE_DEVICE)
		return false;
	/* Another CPU may take it away just now. */
	return !arch_user_load64((const uint64_t *)address, value);
}
