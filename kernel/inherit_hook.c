/* SPDX-License-Identifier: BSD-2-Clause */
/* What every program has of inheritance. */
#include <kernel/inherit.h>

struct spinlock inherit_lock;
const struct inherit_hook *inherit_hook;
