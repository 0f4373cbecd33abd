/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks of readers and writers. */
#define ITERATE 20000
#include <ck_rwlock/validate/validate.c>
