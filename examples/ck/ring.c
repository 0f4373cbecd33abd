/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of many producers and many consumers. */
#define ITERATIONS 6
#include <ck_ring/validate/ck_ring_mpmc.c>
