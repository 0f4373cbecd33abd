/* SPDX-License-Identifier: BSD-2-Clause */
/* The check of a volume (fs/fat_check.h) on a block device, before it is mounted. */
#include "fat_repair.h"

#include <errno.h>

#include <dev/block.h>
#include <fs/fat_check.h>
#include <kernel/log.h>
#include <mem/frame.h>

#include <arch/layout.h>

LOG_MODULE(fat);

static int check_read(void *context, uint64_t sector, uint32_t count, void *buffer)
{
	return block_transfer(context, BLOCK_READ, sector, buffer, count);
}

static int check_write(void *context, uint64_t sector, uint32_t count, const void *buffer)
{
	return block_transfer(context, BLOCK_WRITE, sector, (void *)(uintptr_t)buffer, count);
}

static int check_flush(void *context)
{
	return block_flush(context);
}

bool fat_repair(struct block_device *device)
{
	const struct fat_check_volume volume = {
		.read = check_read,
		.write = check_write,
		.flush = check_flush,
		.context = device,
		.sectors = device->sectors,
	};
	struct fat_check_report report = {0};
	int result = fat_check_is_dirty(&volume);

	if (result <= 0) /* exFAT, too, has no check */
		return true;
	if (device->read_only)
		return false;
	result = fat_check(&volume, frame_free_count() * PAGE_SIZE / 4, &report);
	if (result) {
		log_warn("%s: damaged: %s (cluster %u): it is mounted read-only", device->name,
			 report.why ? report.why : "it cannot be checked", report.cluster);
		return false;
	}
	log_info("%s: was not unmounted: %u clusters given back, %u chains cut, %u names removed",
		 device->name, report.lost, report.cut, report.names + report.entries);
	return true;
}
