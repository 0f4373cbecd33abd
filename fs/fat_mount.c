/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounting a FAT volume: nothing of the medium is believed. */
#include <fs/fat.h>

#include <errno.h>
#include <sys/stat.h>

#include <base/bits.h>
#include <base/endian.h>
#include <base/guard.h>
#include <base/str.h>
#include <dev/block.h>
#include <kernel/log.h>
#include <mem/heap.h>

#include "fat.h"

LOG_MODULE(fat);

#define ROOT_NUMBER 1

/* What the boot sector says of sizes, as the library will see it. */
struct geometry {
	unsigned sector;
	uint64_t data, end; /* sectors */
};

static bool is_power(uint32_t n)
{
	return n && !(n & (n - 1));
}

static int geometry_exfat(const uint8_t *boot, struct geometry *g)
{
	uint32_t clusters = le32_load(boot + 92), data = le32_load(boot + 88);
	uint32_t fat = le32_load(boot + 80), fat_size = le32_load(boot + 84);
	unsigned shift = boot[108], cluster_shift = boot[109];

	if (shift < 9 || shift > 12 || cluster_shift > 25 - shift || !clusters ||
	    clusters > 0x7ffffffd || boot[110] != 1)
		return -EINVAL;
	g->sector = 1u << shift;
	g->data = data;
	g->end = data + ((uint64_t)clusters << cluster_shift);
	/* The FAT is ahead of the data, and large enough. */
	if (fat < 24 || (uint64_t)fat + fat_size > data ||
	    (uint64_t)fat_size << (shift - 2) < (uint64_t)clusters + 2 || g->end > UINT32_MAX)
		return -EINVAL;
	return 0;
}

static int geometry_fat(const uint8_t *boot, struct geometry *g)
{
	uint64_t fat_size = le16_load(boot + 22), total = le16_load(boot + 19);
	uint32_t reserved = le16_load(boot + 14), cluster = boot[13], fats = boot[16];
	uint32_t root = le16_load(boot + 17);

	g->sector = le16_load(boot + 11);
	if (g->sector < 512 || g->sector > 4096 || !is_power(g->sector) || !is_power(cluster) ||
	    !reserved || fats < 1 || fats > 2 || root % (g->sector / FAT_ENTRY))
		return -EINVAL;
	if (!fat_size)
		fat_size = le32_load(boot + 36);
	if (!total)
		total = le32_load(boot + 32);
	g->data = reserved + fats * fat_size + root / (g->sector / FAT_ENTRY);
	g->end = total;
	return !fat_size || fat_size > UINT32_MAX / 2 || g->data >= total ? -EINVAL : 0;
}

static int geometry_of(const struct block_device *device, const uint8_t *boot, struct geometry *g)
{
	if (boot[510] != 0x55 || boot[511] != 0xaa)
		return -EINVAL;
	if (!str_equal_n((const char *)boot + 3, "EXFAT   ", 8))
		return geometry_fat(boot, g);
	if (FAT_EXFAT)
		return geometry_exfat(boot, g);
	log_error("%s: exFAT, for which this image has no code: build it with EXFAT=y",
		  device->name);
	return -ENOTSUP;
}

static int read_geometry(struct block_device *device, struct geometry *g)
{
	uint64_t device_bytes = device->sectors * BLOCK_SECTOR;
	uint8_t *boot;
	int error;

	if (device_bytes < 4096)
		return -EINVAL;
	boot = heap_alloc(4096);
	if (!boot)
		return -ENOMEM;
	error = block_transfer(device, BLOCK_READ, 0, boot, 4096 / BLOCK_SECTOR);
	if (!error)
		error = geometry_of(device, boot, g);
	if (!error && g->end > device_bytes / g->sector)
		error = -EINVAL; /* larger than the device */
	heap_free(boot);
	return error;
}

static int make_root(struct fat_volume *volume)
{
	struct fat_inode *root = fat_inode_new(volume, S_IFDIR | 0755);
	struct fat_entry entry;
	uint32_t offset = 0;

	if (!root)
		return -ENOMEM;
	root->attributes = AM_DIR;
	root->clusters = FAT_NOT_ALL;
	root->inode.number = ROOT_NUMBER;
	root->inode.nlink = 2;
	root->inode.size = volume->cluster;
	while (fat_lib_next(root, &offset, &entry) > 0)
		root->inode.nlink += !!(entry.attributes & AM_DIR);
	fat_inode_number(root);
	volume->mount.root = &root->inode;
	return 0;
}

static int open_volume(struct fat_volume *volume, struct block_device *device,
		       const struct geometry *g)
{
	const struct block_cache_config config = {
		.grid = g->data * g->sector,
		.write_back = fat_volume_write_back,
		.owner = volume,
	};
	int error = block_cache_open(device, &config, &volume->cache);

	if (error)
		return error;
	volume->fat.ssize = (WORD)g->sector;
	volume->class = BLOCK_ENTRY;
	volume->commit = 1; /* 0 is done */
	error = fat_lib_mount(volume);
	if (error)
		return error;
	if (fat_is_exfat(volume) && !volume->read_only && fat_volume_is_marked(volume)) {
		/* There may be two names of one chain: what frees one would take the other's. */
		log_warn("%s: exFAT that was not unmounted: it is mounted read-only until "
			 "fsck.exfat has seen it",
			 device->name);
		volume->read_only = volume->mount.read_only = true;
	}
	volume->cluster = (uint32_t)volume->fat.csize * g->sector;
	volume->cluster_shift = (unsigned)__builtin_ctz(volume->cluster);
	return make_root(volume);
}

/* The root is the only inode that lives, and nobody has it. */
static bool fat_busy(struct mount *mount)
{
	struct fat_volume *volume = CONTAINER_OF(mount, struct fat_volume, mount);
	const struct avl_node *root = &fat_inode(mount->root)->by_number;

	GUARD(mutex, &volume->lock);
	return volume->by_number.root != root || root->child[0] || root->child[1] ||
	       __atomic_load_n(&mount->root->refs, __ATOMIC_ACQUIRE) != 1;
}

static const struct mount_ops fat_mount_ops = {
	.type = "vfat",
	.statfs = fat_volume_statfs,
	.sync = fat_volume_sync,
	.end = fat_volume_end,
	.busy = fat_busy,
	.free = fat_unmount,
};

static const struct mount_ops exfat_mount_ops = {
	.type = "exfat",
	.statfs = fat_volume_statfs,
	.sync = fat_volume_sync,
	.end = fat_volume_end,
	.busy = fat_busy,
	.free = fat_unmount,
};

int fat_mount(struct block_device *device, bool read_only, struct mount **mount)
{
	struct fat_volume *volume;
	struct geometry g;
	int error = read_geometry(device, &g);

	if (error)
		return error;
	volume = heap_alloc_zeroed(sizeof(*volume));
	if (!volume)
		return -ENOMEM;
	mutex_init(&volume->lock);
	mutex_init(&volume->mount.lock);
	list_init(&volume->mount.node);
	list_init(&volume->dirty);
	list_init(&volume->longer);
	volume->read_only = volume->mount.read_only = read_only || device->read_only;
	volume->mount.folds_case = true;
	volume->mount.source = device->name;
	/* The cache's own thread waits until all is there. */
	mutex_lock(&volume->lock);
	error = open_volume(volume, device, &g);
	volume->mount.ops = fat_is_exfat(volume) ? &exfat_mount_ops : &fat_mount_ops;
	mutex_unlock(&volume->lock);
	if (error) {
		if (volume->cache)
			block_cache_close(volume->cache);
		heap_free(volume);
		return error;
	}
	*mount = &volume->mount;
	return 0;
}

void fat_unmount(struct mount *mount)
{
	struct fat_volume *volume = CONTAINER_OF(mount, struct fat_volume, mount);

	fat_volume_end(mount);
	block_cache_close(volume->cache);
	fat_index_drop_all(volume);
	fat_inode_free(fat_inode(mount->root));
	heap_free(volume);
}
