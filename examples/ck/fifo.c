/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of many producers and many consumers, without locks. */
#define ITERATIONS 16
#include <ck_fifo/validate/ck_fifo_mpmc.c>
