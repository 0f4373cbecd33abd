/* SPDX-License-Identifier: BSD-2-Clause */
// sources: fs/fat_check.c fs/fat_check_tree.c
/*
 * Volumes broken in many ways: what a cut can do is repaired, so that fsck.fat finds nothing more;
 * all else is refused and left as it is.
 */
#include "fat_image.h"

/* --- what a cut can do ------------------------------------------------------------------------ */

/* Nothing. */
static void break_nothing(struct image *image)
{
	(void)image;
}

static void break_mark(struct image *image)
{
	*touch(image, image->bits == 32 ? 65 : 37) |= 1;
	if (image->bits != 12)
		*touch(image, image->fat + image->bits / 8 * 2 - 1) &= image->bits == 32 ? 7 : 0x7f;
}

static void break_lost(struct image *image)
{
	uint32_t a = free_cluster(image), b;

	link_set(image, a, 0x0fffffff);
	b = free_cluster(image);
	link_set(image, b, a);
	link_set(image, free_cluster(image), 0x0fffffff);
}

/* A lost loop. */
static void break_lost_loop(struct image *image)
{
	uint32_t a = free_cluster(image), b;

	link_set(image, a, 0x0fffffff);
	b = free_cluster(image);
	link_set(image, b, a);
	link_set(image, a, b);
}

static uint32_t last_of(const struct image *image, uint32_t cluster)
{
	while (link_of(image, cluster) >= 2 && link_of(image, cluster) < image->end)
		cluster = link_of(image, cluster);
	return cluster;
}

static void break_long_chain(struct image *image)
{
	uint32_t last = last_of(image,
				start_of(image, entry_of(image, image->root, "S          ")));
	uint32_t a = free_cluster(image);

	link_set(image, a, 0x0fffffff);
	link_set(image, last, a);
}

static void break_empty_with_chain(struct image *image)
{
	uint32_t a = free_cluster(image);

	link_set(image, a, 0x0fffffff);
	start_set(image, entry_of(image, image->root, "EMPTY      "), a);
}

static void break_size(struct image *image)
{
	le32_store(touch(image, entry_of(image, image->root, "S          ") + 28), 100000);
}

static void break_size_without_chain(struct image *image)
{
	le32_store(touch(image, entry_of(image, image->root, "EMPTY      ") + 28), 1000);
}

static void break_freed_tail(struct image *image)
{
	uint32_t start = start_of(image, entry_of(image, image->root, "S          "));

	link_set(image, last_of(image, start), 0);
}

static void break_freed(struct image *image)
{
	uint32_t next, start = start_of(image, entry_of(image, image->root, "S          "));

	for (bool more = true; more; start = next) {
		next = link_of(image, start);
		more = next < image->end;
		link_set(image, start, 0);
	}
}

/* A second name, in another directory. */
static void break_renamed(struct image *image)
{
	size_t from = entry_of(image, image->root, "S          "), to = image->inner;

	while (image->bytes[to])
		to += 32;
	memcpy(touch(image, to), image->bytes + from, 32);
	memcpy(image->bytes + to, "RENAMED    ", 11);
	image->bytes[to + 12] = fat_entry_renamed(image->bytes[to + 12]);
}

/* The first letters of names grow, the cut is before the removal of four old names. */
static void break_renamed_many(struct image *image)
{
	size_t to = image->root;
	unsigned count = 0;

	while (image->bytes[to])
		to += 32;
	for (size_t from = image->deep + 64; count < 4; from += 32) {
		if (image->bytes[from + 11] == 15 || image->bytes[from] == '.')
			continue;
		if (!start_of(image, from))
			continue;
		memcpy(touch(image, to), image->bytes + from, 32);
		memcpy(image->bytes + to, "N          ", 11);
		image->bytes[to + 1] = (uint8_t)('0' + count++);
		image->bytes[to + 12] = fat_entry_renamed(image->bytes[to + 12]);
		to += 32;
	}
}

/* A directory moved up; its own entry for the one above is the old one. */
static void break_moved(struct image *image)
{
	size_t from = entry_of(image, image->inner, "E          "), to = image->root;

	while (image->bytes[to])
		to += 32;
	memcpy(touch(image, to), image->bytes + from, 32);
	memcpy(image->bytes + to, "MOVED      ", 11);
	image->bytes[to + 12] = fat_entry_renamed(image->bytes[to + 12]);
}

static void break_moved_whole(struct image *image)
{
	size_t from = entry_of(image, image->inner, "E          ");

	break_moved(image);
	*touch(image, from) = 0xe5;
}

/* The name that parts of a long name stand for is missing. */
static void break_long_name(struct image *image)
{
	size_t at = entry_of(image, image->inner, "INNERF~1BIN");

	link_set(image, 0, link_of(image, 0)); /* counts as a change */
	for (uint32_t next, cluster = start_of(image, at);; cluster = next) {
		next = link_of(image, cluster);
		link_set(image, cluster, 0);
		if (next >= image->end)
			break;
	}
	*touch(image, at) = 0xe5;
}

/* A part of a long name is missing: the short name stays. */
static void break_part(struct image *image)
{
	size_t at = entry_of(image, image->inner, "INNERF~1BIN");

	*touch(image, at - 64) = 0xe5;
}

/* Entries behind the directory's end. */
static void break_behind_end(struct image *image)
{
	size_t to = image->root;

	while (image->bytes[to])
		to += 32;
	memcpy(touch(image, to + 64), image->bytes + entry_of(image, image->root, "EMPTY      "),
	       32);
	image->bytes[to + 64] = 'Z';
}

static void break_copies(struct image *image)
{
	if (image->bytes[16] < 2)
		return;
	for (unsigned i = 3; i < 40; i++)
		*touch(image, image->fat + image->fat_bytes + i * 5) ^= 0x55;
}

static void break_count(struct image *image)
{
	if (image->bits == 32)
		le32_store(touch(image, 512 + 488), 12345);
}

static void break_all(struct image *image)
{
	break_mark(image);
	break_lost(image);
	break_long_chain(image);
	break_renamed_many(image);
	break_part(image);
	break_copies(image);
	break_count(image);
}

static const struct breakage {
	const char *name;
	void (*run)(struct image *image);
} breakages[] = {
	{"nothing", break_nothing},
	{"mark", break_mark},
	{"lost", break_lost},
	{"lost_loop", break_lost_loop},
	{"long_chain", break_long_chain},
	{"empty_with_chain", break_empty_with_chain},
	{"size", break_size},
	{"size_without_chain", break_size_without_chain},
	{"freed_tail", break_freed_tail},
	{"freed", break_freed},
	{"renamed", break_renamed},
	{"renamed_many", break_renamed_many},
	{"moved", break_moved},
	{"moved_whole", break_moved_whole},
	{"long_name", break_long_name},
	{"part", break_part},
	{"behind_end", break_behind_end},
	{"copies", break_copies},
	{"count", break_count},
	{"all", break_all},
};

#define BREAKAGES (sizeof(breakages) / sizeof(breakages[0]))

static bool is_sound(const struct image *image, const char *what)
{
	if (!fsck(image))
		return true;
	printf("%s: %s:\n", image->kind, what);
	fsck_show();
	return false;
}

/* fsck.fat does not mind, at least on some kinds of volumes. */
static bool is_hidden(void (*run)(struct image *image))
{
	return run == break_nothing || run == break_part || run == break_behind_end ||
	       run == break_copies || run == break_count;
}

TEST(repairs_what_a_cut_leaves)
{
	struct fat_check_report report;

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++)
		for (unsigned j = 0; j < BREAKAGES; j++) {
			int result, broken;

			breakages[j].run(&images[i]);
			broken = fsck(&images[i]);
			CHECK(broken || is_hidden(breakages[j].run));
			result = check(&images[i], &report);
			if (result)
				printf("%s: %s: %d %s (%u)\n", images[i].kind, breakages[j].name,
				       result, report.why ? report.why : "", report.cluster);
			CHECK(result == 0);
			CHECK(is_sound(&images[i], breakages[j].name));
			images[i].writes = 0;
			CHECK(check(&images[i], &report) == 0 && images[i].writes == 0);
			image_restore(&images[i]);
		}
}

/* A cut within the repair leaves what the next repair can do. */
TEST(a_repair_may_be_cut)
{
	struct fat_check_report report;

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++)
		for (unsigned j = 0; j < BREAKAGES; j++)
			for (unsigned cut = 0;; cut++) {
				int result;

				breakages[j].run(&images[i]);
				images[i].writes_left = cut;
				result = check(&images[i], &report);
				CHECK(result == 0 || result == -EIO);
				images[i].writes_left = UINT32_MAX;
				CHECK(check(&images[i], &report) == 0);
				CHECK(cut % 8 || is_sound(&images[i], breakages[j].name));
				image_restore(&images[i]);
				if (!result)
					break;
			}
}

TEST(errors_are_told)
{
	struct fat_check_report report;

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++)
		for (unsigned n = 0; n < 1000; n++) {
			int result;

			break_all(&images[i]);
			images[i].reads_left = n;
			result = check(&images[i], &report);
			image_restore(&images[i]);
			if (!result)
				break;
			CHECK(result == -EIO);
		}
	for (unsigned i = 0; i < image_count; i++)
		for (unsigned n = 0; n < 1000; n++) {
			int result;

			break_all(&images[i]);
			images[i].writes_left = n;
			result = check(&images[i], &report);
			image_restore(&images[i]);
			if (!result)
				break;
			CHECK(result == -EIO);
		}
}

/* --- which name stays ------------------------------------------------------------------------- */

TEST(the_new_name_stays)
{
	struct fat_check_report report;

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++) {
		struct image *image = &images[i];

		for (unsigned age = 0; age < 4; age++) {
			size_t old = entry_of(image, image->root, "S          ");

			*touch(image, old + 12) = (uint8_t)(age << FAT_AGE_SHIFT);
			break_renamed(image);
			CHECK(check(image, &report) == 0 && report.names == 1);
			CHECK(!entry_of(image, image->root, "S          "));
			CHECK(entry_of(image, image->inner, "RENAMED    "));
			image_restore(image);
		}
		break_moved(image);
		CHECK(check(image, &report) == 0 && report.names == 1);
		CHECK(entry_of(image, image->root, "MOVED      "));
		CHECK(!entry_of(image, image->inner, "E          "));
		image_restore(image);
	}
}

/* The new name lost the first part of its long name: then the old one is the one to keep. */
TEST(a_name_without_its_parts_goes)
{
	struct fat_check_report report;

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++) {
		struct image *image = &images[i];
		size_t to = image->root;

		while (image->bytes[to])
			to += 32;
		memcpy(touch(image, to), image->bytes + entry_of(image, image->root, "S          "),
		       32);
		memcpy(image->bytes + to, "LONGNA~1   ", 11);
		image->bytes[to + 12] = fat_entry_renamed(image->bytes[to + 12]);
		CHECK(check(image, &report) == 0 && report.names == 1);
		CHECK(entry_of(image, image->root, "S          "));
		CHECK(!entry_of(image, image->root, "LONGNA~1   "));
		image_restore(image);
	}
}

/* --- what no cut does ------------------------------------------------------------------------- */

static void damage_loop(struct image *image)
{
	uint32_t start = start_of(image, entry_of(image, image->root, "S          "));

	link_set(image, link_of(image, start), start);
}

static void damage_meet(struct image *image)
{
	uint32_t a = start_of(image, entry_of(image, image->root, "S          "));
	uint32_t b = start_of(image, entry_of(image, image->deep, "DEEP       "));

	link_set(image, a, link_of(image, b));
}

static void damage_middle(struct image *image)
{
	size_t entry = entry_of(image, image->root, "S          ");
	uint32_t b = start_of(image, entry_of(image, image->deep, "DEEP       "));

	start_set(image, entry, link_of(image, b));
}

static void damage_nowhere(struct image *image)
{
	link_set(image, start_of(image, entry_of(image, image->root, "S          ")), image->end);
}

static void damage_entry_nowhere(struct image *image)
{
	start_set(image, entry_of(image, image->root, "S          "), image->end + 3);
}

static void damage_itself(struct image *image)
{
	uint32_t d = start_of(image, entry_of(image, image->root, "D          "));

	start_set(image, entry_of(image, image->inner, "E          "), d);
}

/* The better name is the one that hangs on itself. */
static void damage_itself_newer(struct image *image)
{
	damage_itself(image);
	*touch(image, entry_of(image, image->inner, "E          ") + 12) = 1 << FAT_AGE_SHIFT;
}

static void damage_none(struct image *image)
{
	*touch(image, image->deep) = 'X';
}

static void damage_file_and_directory(struct image *image)
{
	uint32_t d = start_of(image, entry_of(image, image->root, "D          "));

	start_set(image, entry_of(image, image->root, "S          "), d);
}

TEST(damage_is_left_alone)
{
	void (*const damages[])(struct image *) = {
		damage_loop,	     damage_meet,	   damage_middle,
		damage_nowhere,	     damage_entry_nowhere, damage_itself,
		damage_itself_newer, damage_none,	   damage_file_and_directory};
	struct fat_check_report report;

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++)
		for (unsigned j = 0; j < sizeof(damages) / sizeof(damages[0]); j++) {
			int result;

			damages[j](&images[i]);
			images[i].writes = 0;
			result = check(&images[i], &report);
			if (result != FAT_CHECK_DAMAGED || !report.why)
				printf("%s: damage %u: %d\n", images[i].kind, j, result);
			CHECK(result == FAT_CHECK_DAMAGED && report.why);
			CHECK(images[i].writes == 0);
			image_restore(&images[i]);
		}
}

TEST(the_mark)
{
	struct fat_check_report report;

	NEED_IMAGES();
	for (unsigned i = 0; i < image_count; i++) {
		CHECK(dirty(&images[i], -1) == 0);
		CHECK(dirty(&images[i], true) == 0 && dirty(&images[i], -1) == 1);
		CHECK(fsck(&images[i]));
		CHECK(dirty(&images[i], false) == 0 && dirty(&images[i], -1) == 0);
		break_mark(&images[i]);
		CHECK(dirty(&images[i], -1) == 1);
		CHECK(check(&images[i], &report) == 0 && dirty(&images[i], -1) == 0);
		image_restore(&images[i]);
	}
}

TEST(little_memory)
{
	struct fat_check_report report;
	struct image *image;
	struct fat_check_volume volume = {
		.read = image_read, .write = image_write, .flush = image_flush};

	NEED_IMAGES();
	image = &images[2];
	volume.context = image;
	volume.sectors = image->size / 512;
	CHECK(fat_check(&volume, 100, &report) == -ENOMEM);
	CHECK(fat_check(&volume, 24 << 10, &report) == -ENOMEM);
	CHECK(fat_check(&volume, 40 << 10, &report) == 0);
}

TEST(no_volume)
{
	static uint8_t bytes[4096];
	struct image image = {.bytes = bytes, .size = sizeof(bytes)};
	struct fat_check_report report;

	image_restore(&image);
	CHECK(check(&image, &report) == -EINVAL && report.why);
	image.size = 0;
	CHECK(check(&image, &report) == -EINVAL && report.why);
	CHECK(dirty(&image, -1) == -EINVAL && dirty(&image, 1) == -EINVAL);
}
