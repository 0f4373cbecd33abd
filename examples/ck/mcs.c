/* SPDX-License-Identifier: BSD-2-Clause */
/* The spinlock of Mellor-Crummey and Scott. */
#define ITERATE 500
#include <ck_spinlock/validate/ck_mcs.c>
