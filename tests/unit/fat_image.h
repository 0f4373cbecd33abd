/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FAT volumes in memory, made by mkfs.fat and mtools, for fat_check(): every change is remembered
 * and can be taken back.
 */
#pragma once

#include <errno.h>
#include <unistd.h>

#include <base/endian.h>
#include <fs/fat_check.h>

#include "unit.h"

void *heap_alloc(size_t size)
{
	return malloc(size);
}

void heap_free(void *block)
{
	free(block);
}

/* --- a volume in memory ----------------------------------------------------------------------- */

struct undo {
	size_t sector;
	uint8_t bytes[512];
};

struct image {
	const char *kind;
	uint8_t *bytes, *first; /* `first`: as it was made */
	size_t size;
	unsigned bits;
	size_t fat, fat_bytes, root, data, cluster; /* bytes; of FAT32 the root is a cluster */
	size_t inner, deep;			    /* the directories D and D/E */
	uint32_t end;
	struct undo *undo; /* what `bytes` was, in order */
	size_t undo_count, undo_max;
	unsigned writes, writes_left, reads_left; /* until they fail */
};

static void image_remember(struct image *image, size_t sector)
{
	if (image->undo_count == image->undo_max) {
		image->undo_max = image->undo_max * 2 + 64;
		image->undo = realloc(image->undo, image->undo_max * sizeof(*image->undo));
	}
	image->undo[image->undo_count].sector = sector;
	memcpy(image->undo[image->undo_count++].bytes, image->bytes + sector * 512, 512);
}

static void image_restore(struct image *image)
{
	while (image->undo_count) {
		struct undo *undo = &image->undo[--image->undo_count];

		memcpy(image->bytes + undo->sector * 512, undo->bytes, 512);
	}
	image->writes = 0;
	image->writes_left = image->reads_left = UINT32_MAX;
}

static int image_read(void *context, uint64_t sector, uint32_t count, void *buffer)
{
	struct image *image = context;

	if (sector + count > image->size / 512 || !count)
		abort(); /* a check asks only for what there is */
	if (!image->reads_left)
		return -EIO;
	image->reads_left--;
	memcpy(buffer, image->bytes + sector * 512, count * 512);
	return 0;
}

static int image_write(void *context, uint64_t sector, uint32_t count, const void *buffer)
{
	struct image *image = context;

	if (sector + count > image->size / 512 || !count)
		abort();
	for (uint32_t i = 0; i < count; i++, image->writes++) {
		if (!image->writes_left)
			return -EIO;
		image->writes_left--;
		image_remember(image, sector + i);
		memcpy(image->bytes + (sector + i) * 512, (const uint8_t *)buffer + i * 512, 512);
	}
	return 0;
}

static int image_flush(void *context)
{
	(void)context;
	return 0;
}

static int check(struct image *image, struct fat_check_report *report)
{
	struct fat_check_volume volume = {.read = image_read,
					  .write = image_write,
					  .flush = image_flush,
					  .context = image,
					  .sectors = image->size / 512};

	return fat_check(&volume, 1 << 20, report);
}

static inline int dirty(struct image *image, int set)
{
	struct fat_check_volume volume = {.read = image_read,
					  .write = image_write,
					  .flush = image_flush,
					  .context = image,
					  .sectors = image->size / 512};

	return set < 0 ? fat_check_is_dirty(&volume) : fat_check_mark(&volume, set);
}

/* --- the host's tools ------------------------------------------------------------------------- */

static char folder[] = "/tmp/fat_check.XXXXXX";

static void folder_remove(void)
{
	char line[64];

	snprintf(line, sizeof(line), "rm -rf %s", folder);
	if (system(line))
		fprintf(stderr, "%s stays\n", folder);
}

static bool have_tools(void)
{
	static bool made;

	if (!made && mkdtemp(folder)) {
		made = true;
		atexit(folder_remove);
	}
	return made && !system("PATH=$PATH:/sbin:/usr/sbin; command -v mkfs.fat fsck.fat mcopy "
			       ">/dev/null 2>&1");
}

/* fsck.fat's status: 0 for a sound volume. */
static inline int fsck(const struct image *image)
{
	char name[64], line[256];
	FILE *file;

	snprintf(name, sizeof(name), "%s/check", folder);
	file = fopen(name, "wb");
	if (!file || fwrite(image->bytes, 1, image->size, file) != image->size)
		abort();
	fclose(file);
	snprintf(line, sizeof(line), "PATH=$PATH:/sbin:/usr/sbin; fsck.fat -n %s >%s.out 2>&1",
		 name, name);
	return system(line);
}

/* What fsck.fat had to say last. */
static inline void fsck_show(void)
{
	char line[128];

	snprintf(line, sizeof(line), "cat %s/check.out", folder);
	if (system(line))
		fprintf(stderr, "no output\n");
}

/*
 * Names: S (a short one), "a longer name NN.txt" 00 to 39, D/ with D/inner file.bin and D/E/deep,
 * EMPTY.
 */
static bool image_make(struct image *image, const char *kind, const char *options, unsigned kib)
{
	char script[2048], name[64];
	uint8_t *boot;
	size_t sector, total;

	memset(image, 0, sizeof(*image));
	snprintf(name, sizeof(name), "%s/%s", folder, kind);
	snprintf(
		script, sizeof(script),
		"PATH=$PATH:/sbin:/usr/sbin MTOOLS_SKIP_CHECK=1; export MTOOLS_SKIP_CHECK; set -e; "
		"exec >/dev/null 2>&1; cd %s; rm -f %s; "
		"mkfs.fat -C %s %s %u; head -c 20000 /dev/urandom >S; : >EMPTY; "
		"mcopy -i %s S ::S; mcopy -i %s EMPTY ::EMPTY; mmd -i %s ::D ::D/E; "
		"mcopy -i %s S '::D/inner file.bin'; mcopy -i %s S ::D/E/deep; mkdir -p many; "
		"for i in 0 1 2 3; do for j in 0 1 2 3 4 5 6 7 8 9; do "
		"head -c $i$j$j S >\"many/a longer name $i$j.txt\"; done; done; "
		"mcopy -i %s many/* ::D/E",
		folder, name, options, name, kib, name, name, name, name, name, name);
	if (system(script))
		return false;
	image->kind = kind;
	image->bytes = unit_read_file(name, &image->size);
	if (!image->bytes)
		return false;
	boot = image->bytes;
	sector = le16_load(boot + 11);
	image->bits = !strncmp(kind, "fat32", 5) ? 32 : !strncmp(kind, "fat16", 5) ? 16 : 12;
	image->cluster = sector * boot[13];
	image->fat = le16_load(boot + 14) * sector;
	image->fat_bytes = (image->bits == 32 ? le32_load(boot + 36) : le16_load(boot + 22)) *
			   sector;
	image->root = image->fat + image->fat_bytes * boot[16];
	image->data = image->root + le16_load(boot + 17) * 32;
	total = le16_load(boot + 19) ? le16_load(boot + 19) : le32_load(boot + 32);
	image->end = (uint32_t)((total * sector - image->data) / image->cluster) + 2;
	if (image->bits == 32)
		image->root = image->data + (le32_load(boot + 44) - 2) * image->cluster;
	image_restore(image);
	return true;
}

static uint32_t link_of(const struct image *image, uint32_t cluster)
{
	const uint8_t *fat = image->bytes + image->fat;

	if (image->bits == 32)
		return le32_load(fat + cluster * 4) & 0x0fffffff;
	if (image->bits == 16)
		return le16_load(fat + cluster * 2);
	return le16_load(fat + cluster * 3 / 2) >> (cluster & 1) * 4 & 0xfff;
}

/* In all copies. */
static void link_set(struct image *image, uint32_t cluster, uint32_t value)
{
	for (size_t fat = image->fat; fat < image->root && fat < image->data;
	     fat += image->fat_bytes) {
		size_t at = fat + (size_t)cluster * image->bits / 8;

		if (fat >= image->fat + image->fat_bytes * image->bytes[16])
			break;
		image_remember(image, at / 512);
		if (at / 512 != (at + 1) / 512)
			image_remember(image, at / 512 + 1);
		if (image->bits == 32)
			le32_store(image->bytes + at, value);
		else if (image->bits == 16)
			le16_store(image->bytes + at, (uint16_t)value);
		else if (cluster & 1)
			le16_store(image->bytes + at,
				   (uint16_t)((le16_load(image->bytes + at) & 15) | value << 4));
		else
			le16_store(image->bytes + at,
				   (uint16_t)((le16_load(image->bytes + at) & 0xf000) |
					      (value & 0xfff)));
	}
}

static size_t place_of(const struct image *image, uint32_t cluster)
{
	return image->data + (size_t)(cluster - 2) * image->cluster;
}

/* The place of an entry, by the eleven characters of its short name; 0: none. */
static size_t entry_of(const struct image *image, size_t directory, const char *name)
{
	for (size_t at = directory; at < directory + image->cluster; at += 32)
		if (!memcmp(image->bytes + at, name, 11) && image->bytes[at + 11] != 15)
			return at;
	return 0;
}

static uint32_t start_of(const struct image *image, size_t entry)
{
	return le16_load(image->bytes + entry + 26) |
	       (image->bits == 32 ? (uint32_t)le16_load(image->bytes + entry + 20) << 16 : 0);
}

static uint8_t *touch(struct image *image, size_t at)
{
	image_remember(image, at / 512);
	return image->bytes + at;
}

static inline void start_set(struct image *image, size_t entry, uint32_t start)
{
	le16_store(touch(image, entry + 26), (uint16_t)start);
	if (image->bits == 32)
		le16_store(touch(image, entry + 20), (uint16_t)(start >> 16));
}

static inline uint32_t free_cluster(const struct image *image)
{
	uint32_t cluster = image->end - 2;

	while (link_of(image, cluster))
		cluster--;
	return cluster;
}

static void places_find(struct image *image)
{
	image->inner = place_of(image,
				start_of(image, entry_of(image, image->root, "D          ")));
	image->deep = place_of(image,
			       start_of(image, entry_of(image, image->inner, "E          ")));
}

static struct image images[5];
static unsigned image_count;

static void images_make(void)
{
	static const struct {
		const char *kind, *options;
		unsigned kib;
	} kinds[] = {{"fat12", "-F 12 -s 2", 1440},
		     {"fat16", "-F 16 -s 1", 5000},
		     {"fat32", "-F 32 -s 1", 34000},
		     {"fat16_4k", "-F 16 -S 4096 -s 1", 20000},
		     {"fat12_one", "-F 12 -f 1 -s 4", 2000}};

	if (image_count)
		return;
	for (unsigned i = 0; i < 5; i++)
		if (image_make(&images[image_count], kinds[i].kind, kinds[i].options, kinds[i].kib))
			places_find(&images[image_count++]);
}

#define NEED_IMAGES()                                                                              \
	do {                                                                                       \
		if (!have_tools())                                                                 \
			SKIP("mkfs.fat (dosfstools) or mcopy (mtools) is missing");                \
		images_make();                                                                     \
		CHECK(image_count == 5);                                                           \
	} while (0)
