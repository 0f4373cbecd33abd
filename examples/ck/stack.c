/* SPDX-License-Identifier: BSD-2-Clause */
/* A stack without locks: pairs of push and pop. */
#define MPMC
#define ITEMS 400000
#include <ck_stack/validate/pair.c>
