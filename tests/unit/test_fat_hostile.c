/* SPDX-License-Identifier: BSD-2-Clause */
// sources: fs/fat_check.c fs/fat_check_tree.c
/* Volumes with anything in them. With UNIT_LONG=1 there are 600,000. */
#include "fat_image.h"

/* --- hostile volumes -------------------------------------------------------------------------- */

static uint32_t odd_number(const struct image *image, uint64_t *seed)
{
	static const uint32_t odd[] = {0,	   1,	       2,	   3,
				       4,	   0xff7,      0xff8,	   0xfff7,
				       0xffff,	   0x10000,    0x7fffffff, 0x80000000,
				       0x0ffffff7, 0x0fffffff, 0xffffffff, 0xfffffff0};
	uint64_t random = unit_random(seed);

	switch (random % 4) {
	case 0:
		return odd[random / 4 % 16];
	case 1:
		return (uint32_t)(random >> 32) % image->end;
	case 2:
		return (uint32_t)(random >> 32) % 64;
	}
	return (uint32_t)(random >> 32);
}

/* Something in the boot sector, the FAT or a directory becomes something else. */
static void mutate(struct image *image, uint64_t *seed)
{
	uint64_t random = unit_random(seed);
	uint32_t number = odd_number(image, seed);
	size_t at, places[] = {image->root, image->inner, image->deep};
	uint8_t *byte;

	switch (random % 8) {
	case 0: /* the boot sector's numbers */
		at = 11 + random / 8 % 55;
		break;
	case 1:
	case 2:
		link_set(image, (uint32_t)(random / 8 % 96) % image->end, number);
		return;
	case 3:
		at = image->fat + random / 8 % 256;
		break;
	case 4: { /* an entry is copied */
		size_t from = places[random / 8 % 3] + random / 32 % 48 * 32;

		at = places[random / 4096 % 3] + random / 16384 % 48 * 32;
		if (from + 32 <= image->size && at + 32 <= image->size)
			memmove(touch(image, at), image->bytes + from, 32);
		return;
	}
	default: /* a field of an entry */
		at = places[random / 8 % 3] + random / 32 % 48 * 32 +
		     (const uint8_t[]){0, 11, 12, 13, 20, 26, 28, 31}[random / 4096 % 8];
	}
	if (at + 4 > image->size)
		return;
	byte = touch(image, at);
	image_remember(image, (at + 3) / 512);
	if (random >> 60 & 1)
		byte[0] = (uint8_t)number;
	else if (random >> 61 & 1)
		le16_store(byte, (uint16_t)number);
	else
		le32_store(byte, number);
}

TEST(hostile_volumes)
{
	bool more = getenv("UNIT_LONG") != NULL;
	uint64_t seed = 4;
	unsigned results[3] = {0, 0, 0};

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++) {
		unsigned rounds = (images[i].bits == 32 ? 300 : 3000) * (more ? 50 : 1);

		for (unsigned round = 0; round < rounds; round++) {
			unsigned count = 1 + unit_random(&seed) % 6;
			struct fat_check_report report;
			int result;

			while (count--)
				mutate(&images[i], &seed);
			images[i].writes = 0;
			result = check(&images[i], &report);
			CHECK(result == 0 || ((result == FAT_CHECK_DAMAGED || result == -EINVAL ||
					       result == -ENOMEM) &&
					      images[i].writes == 0));
			CHECK((result == FAT_CHECK_DAMAGED || result == -EINVAL) == !!report.why);
			results[result < 0 ? 2 : result]++;
			if (!result) {
				images[i].writes = 0;
				CHECK(check(&images[i], &report) == 0 && images[i].writes == 0);
			}
			image_restore(&images[i]);
		}
	}
	/* Every outcome is met often. */
	CHECK(results[0] > 1000 && results[1] > 1000 && results[2] > 100);
}
