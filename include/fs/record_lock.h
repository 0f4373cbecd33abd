/* SPDX-License-Identifier: BSD-2-Clause */
/* Advisory locks of parts of a file, under fcntl(2). Thread context. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file;

struct record_range {
	uint64_t first, last; /* bytes, both in it */
	bool write;	      /* exclusive */
	bool process;	      /* it is the process's, not the open file's */
	bool free;	      /* unlock */
};

/*
 * Lock or unlock. 0, -EAGAIN: somebody else has a part of it; with `wait` it waits for that one, or
 * -EINTR; -ENOLCK: too many.
 */
int file_record_set(struct file *file, const struct record_range *range, bool wait);

/* Does anything stand against such a lock? *range: the first such. */
bool file_record_get(struct file *file, struct record_range *range);

/* At the last close of a file with has_records; NULL: there never was a lock. */
extern void (*file_records_end)(struct file *file);
