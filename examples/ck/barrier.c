/* SPDX-License-Identifier: BSD-2-Clause */
/* A barrier. */
#define ITERATE 50
#define ENTRIES 64
#include <ck_barrier/validate/barrier_mcs.c>
