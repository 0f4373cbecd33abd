/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory named by the application. Every pointer of a system call goes through here: addresses
 * outside the application's half, holes and read-only pages are -EFAULT, never a crash. Thread
 * context, no spinlock held.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/layout.h>
#include <base/compiler.h>
#include <kernel/thread.h>

/* All return 0 or -EFAULT; on failure a prefix may have been copied. */
int user_copy_in(void *to, const void *user_from, size_t size);
int user_copy_out(void *user_to, const void *from, size_t size);
int user_zero(void *user_to, size_t size);

/*
 * Copy a string with its ending zero. Its length (without zero), -EFAULT, or -ENAMETOOLONG when it
 * does not fit in `size`.
 */
long user_copy_string(char *to, const char *user_from, size_t size);

/* Is the whole range within application addresses (says nothing about what is mapped). */
bool user_range_ok(const void *user, size_t size);

/* The same for 8 bytes, inline. */
static inline bool user_word_ok(const void *user)
{
	return (uintptr_t)user - PAGE_SIZE <= ARCH_APP_END - PAGE_SIZE - 8;
}

/* Read one word without ever faulting or filling pages: for crash reports. Any context. */
bool user_peek(uintptr_t address, uintptr_t *value);

/*
 * Between these, on one thread, the kernel touches the program's memory with spinlocks held: what
 * would first have to be filled is -EFAULT, and the caller goes a way without locks.
 */
static inline void user_fill_off(void)
{
	WRITE_ONCE(thread_current()->no_fill, true);
}

static inline void user_fill_on(void)
{
	WRITE_ONCE(thread_current()->no_fill, false);
}
