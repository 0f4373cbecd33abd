/* SPDX-License-Identifier: BSD-2-Clause */
/* A number as a file: eventfd(2). Thread context. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file;

/* With one reference; NULL: memory is out. */
struct file *eventfd_create(uint64_t count, bool semaphore, unsigned flags);
