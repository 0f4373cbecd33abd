/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bits of a mutex's attributes, which become its type: the library's own, and ours, which it leaves
 * alone: whether the mutex has a priority ceiling, and which.
 */
#pragma once

#define MUTEX_INHERIT	 8u
#define MUTEX_PROTECT	 64u
#define CEILING_SHIFT	 16
#define CEILING_MASK	 (0xffu << CEILING_SHIFT)
#define CEILING_MAX	 47
#define CEILING_OF(bits) ((int)((bits) >> CEILING_SHIFT & 0xff))
#define CEILING_VALID(c) ((c) >= 1 && (c) <= CEILING_MAX)

hidden long uk_sys_inherit_enable(void);
hidden long uk_sys_ceiling_set(int ceiling, int mutex);

/* In late/mutex_ceiling.c: links the locking of such mutexes. */
hidden extern const char mutex_ceiling_linked;
