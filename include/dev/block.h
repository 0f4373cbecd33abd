/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices: a disk, a partition of one, a RAM disk. A driver registers one; users send it
 * requests, as many at a time as they like, or move bytes with block_transfer().
 *
 * Sectors are 512 bytes, whatever the device's own block is; a request begins and ends on the
 * device's blocks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <base/list.h>

#define BLOCK_SECTOR	  512
#define BLOCK_MAX	  4096		      /* largest block of a device */
#define BLOCK_SECTORS_MAX (UINT64_C(1) << 54) /* sizes in bytes fit 63 bits */

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_ZERO };

/* Memory of the linear map, whole in one piece of physical memory; any alignment. */
struct block_piece {
	void *address;
	uint32_t len;
};

struct block_request {
	struct list node; /* the driver's, from block_submit() until `done` */
	enum block_op op;
	uint64_t sector; /* READ, WRITE, DISCARD, ZERO; of a partition it counts from the disk's
			    beginning once it was submitted */
	uint64_t count;	 /* sectors; READ and WRITE: what the pieces add up to */
	const struct block_piece *pieces;
	unsigned piece_count;
	/*
	 * 0, -EIO, -EROFS, -ENOSPC (beyond the end), -EOPNOTSUPP, -ENODEV (removed), -ETIMEDOUT:
	 * -EINVAL (not on the device's blocks, too long, pieces that do not add up); set when
	 * `done` is called, once for each request, in an interrupt, or by who submitted. It may
	 * submit again.
	 */
	int error;
	void (*done)(struct block_request *request);
	void *owner;   /* the submitter's */
	uint64_t data; /* the submitter's */
};

/*
 * For drivers: what beginning or ending a request takes with interrupts off, in pages, and how much
 * of that one interrupt does; the rest is for further ones (kernel/irq.h, irq_again()).
 */
#define BLOCK_INTERRUPT_WORK 8

static inline int block_work(const struct block_request *request)
{
	return 6 + (int)(request->count * BLOCK_SECTOR / 4096);
}

struct block_device;

struct block_ops {
	/*
	 * Begin; `done` follows in any case. Any context: what the device's queue has no room for
	 * waits in the driver, on `node`. Several requests may follow before `kick`.
	 */
	void (*submit)(struct block_device *device, struct block_request *request);
	/* Everything that was submitted may start: one notification for all. NULL: not needed. */
	void (*kick)(struct block_device *device);
};

struct block_device {
	const struct block_ops *ops;
	char name[16];	      /* "vda", "nvme0", "ram0"; a partition has a number behind it */
	uint64_t sectors;     /* its size; may change by block_changed() */
	uint32_t block;	      /* bytes of the device's own block: 512 to 4096 */
	uint32_t sectors_max; /* of one request */
	uint16_t pieces_max;  /* of one request */
	uint32_t clear_max;   /* sectors of one DISCARD or ZERO; 0: sectors_max */
	bool read_only;
	bool can_flush;	  /* it has a cache that BLOCK_FLUSH writes back */
	bool can_discard; /* BLOCK_DISCARD, BLOCK_ZERO are known; else -EOPNOTSUPP */
	bool can_zero;
	bool removed;			 /* all requests: -ENODEV */
	void *driver;			 /* the driver's own */
	struct block_device *whole;	 /* of a partition: the disk, else NULL */
	uint64_t first;			 /* of a partition: its first sector there */
	uint64_t reads, writes, flushes; /* requests so far, for reports */
	struct list node;
};

/*
 * A device is there. Partitions are looked for when somebody asks (fs). 0; -EINVAL: its limits make
 * no sense; -EEXIST: the name is taken. Thread or early boot.
 */
int block_register(struct block_device *device);

/* It is not any more; nothing is on the way to it, its partitions went before. Thread. */
void block_unregister(struct block_device *device);

/* The next free name: "vd" makes "vda", "vdb", …, "vdz", "vdaa". Thread or early boot. */
void block_name(struct block_device *device, const char *prefix);

/* The size changed, or the device is gone. Any context. */
void block_changed(struct block_device *device, uint64_t sectors);
void block_removed(struct block_device *device);

/*
 * Checks the request against the device, then hands it to the driver. What needs no device (count
 * 0, a flush where there is no cache) is done at once. Any context.
 */
void block_submit(struct block_device *device, struct block_request *request);
void block_kick(struct block_device *device);

/*
 * Move bytes and wait: 0 or the request's error. Any length in the device's blocks; the buffer is
 * of the linear map, NULL for DISCARD and ZERO. Thread.
 */
int block_transfer(struct block_device *device, enum block_op op, uint64_t sector, void *buffer,
		   uint64_t count);
int block_flush(struct block_device *device);

/* By name, or the index-th in the order of registration (disks only); NULL: there is none. */
struct block_device *block_find(const char *name);
struct block_device *block_at(unsigned index);
