/* SPDX-License-Identifier: BSD-2-Clause */
/* Hazard pointers. */
#define ITERATIONS 16
#include <ck_hp/validate/ck_hp_fifo.c>
