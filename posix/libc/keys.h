/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "pthread_impl.h"

/* The destructor of each key that exists, NULL for the others; set by compare-exchange. */
extern void (*volatile __uk_keys[PTHREAD_KEYS_MAX])(void *value);
