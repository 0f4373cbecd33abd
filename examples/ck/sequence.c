/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequence locks. */
#define STEPS 100000
#include <ck_sequence/validate/ck_sequence.c>
