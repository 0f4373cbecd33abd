/* SPDX-License-Identifier: BSD-2-Clause */
/* What the suites of disks share. The first disk is theirs to write, the second is read-only. */
#pragma once

#include <dev/block.h>
#include <kernel/waitq.h>

#include "../kernel/suite.h"

#define DISK_SECTORS (16UL * 2048)

/* `frames` frames in one piece, of the linear map; NULL after noting it. */
void *buffer_alloc(size_t frames);
void buffer_free(void *buffer, size_t frames);

/* Bytes that tell their sector and who wrote them. */
void fill(void *buffer, uint64_t sector, uint64_t count, uint64_t seed);
bool is_filled(const void *buffer, uint64_t sector, uint64_t count, uint64_t seed);

/* Many requests at a time: begin() each, then wait for all. */
struct batch {
	struct waitq queue;
	unsigned running, errors; /* guarded by the queue's lock */
	int last_error;
};
void batch_init(struct batch *batch);
void batch_begin(struct batch *batch, struct block_device *disk, struct block_request *request);
/* False, after noting it: some are not back within 20 s. */
bool batch_wait(struct batch *batch);
