/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue [virtio-1.2 2.7]: buffers go to the device as chains of descriptors and come
 * back in any order.
 *
 * The device is not trusted. What it may write is only ever read as a hint and checked against
 * private records; descriptors, which it could change, are never read back. A queue that the device
 * has broken says so once, gives nothing more, and has to be set up anew.
 *
 * The caller's lock guards a queue: all functions but virtqueue_init() may be called in any
 * context that holds it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTQUEUE_SIZE_MAX 256

struct virtqueue_desc;
struct virtqueue_avail;
struct virtqueue_used;
struct virtqueue_record;

/* Memory of the caller's for the descriptors of one chain, its own until the chain is back. */
struct virtqueue_table {
	void *address; /* aligned to 16 */
	uint64_t pa;
	unsigned entries; /* of VIRTQUEUE_TABLE_ENTRY bytes */
};
#define VIRTQUEUE_TABLE_ENTRY 16

/* A piece of memory, by its physical address. */
struct virtqueue_piece {
	uint64_t pa;
	uint32_t len;
};

struct virtqueue {
	/* Shared with the device. */
	struct virtqueue_desc *desc;
	struct virtqueue_avail *avail;
	struct virtqueue_used *used;

	/* Ours. */
	struct virtqueue_record *records; /* by descriptor */
	uint16_t size;
	uint16_t free_head, free_count;
	uint16_t avail_index; /* chains made available so far, modulo 2^16 */
	uint16_t used_index;  /* chains taken back so far */
	uint16_t kicked_index;
	bool event_index; /* VIRTIO_F_EVENT_IDX was negotiated */
	bool broken;
};

/* Bytes of the shared and of the private memory for a size. */
size_t virtqueue_shared_bytes(unsigned size);
size_t virtqueue_private_bytes(unsigned size);

/* Where the parts lie in the shared memory, which is aligned to 16: for the device's registers. */
size_t virtqueue_avail_offset(unsigned size);
size_t virtqueue_used_offset(unsigned size);

/*
 * Start with an empty queue of `size` entries, a power of two up to VIRTQUEUE_SIZE_MAX, in memory
 * of the sizes above. The device may not use it yet.
 */
void virtqueue_init(struct virtqueue *queue, unsigned size, void *shared, void *private_memory,
		    bool event_index);

/*
 * Hand a chain to the device: `readable` pieces, then `writable` ones. `token` comes back with it
 * and may not be NULL. 0; -ENOSPC: too few free descriptors; -EIO: the queue is broken.
 */
int virtqueue_add(struct virtqueue *queue, const struct virtqueue_piece *pieces, unsigned readable,
		  unsigned writable, void *token);

/*
 * The same with the descriptors in the table, so that the chain takes one of the queue's: with
 * VIRTIO_F_INDIRECT_DESC only. -ENOSPC also: the table is too small.
 */
int virtqueue_add_indirect(struct virtqueue *queue, const struct virtqueue_table *table,
			   const struct virtqueue_piece *pieces, unsigned readable,
			   unsigned writable, void *token);

/*
 * The token of a chain that the device has finished, and how many bytes it says to have written, at
 * most what was writable. NULL: none.
 */
void *virtqueue_take(struct virtqueue *queue, uint32_t *written);

/* Is there something to take? A hint; any context, without the lock. */
bool virtqueue_pending(const struct virtqueue *queue);

/*
 * Does the device want to be told of what was added since this was last asked? Then notify it: once
 * for a whole batch.
 */
bool virtqueue_must_notify(struct virtqueue *queue);

/*
 * Ask for an interrupt at the next chain that is finished, or (a hint only) for none. Asking
 * returns true if there is one already: take it first.
 */
bool virtqueue_interrupts_on(struct virtqueue *queue);
void virtqueue_interrupts_off(struct virtqueue *queue);

/*
 * Take back a chain although the device did not finish it: after a reset of the device, until NULL
 * comes.
 */
void *virtqueue_reclaim(struct virtqueue *queue);
