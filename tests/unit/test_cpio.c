/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/cpio.c lib/str.c
#include <errno.h>

#include <base/cpio.h>

#include "unit.h"

struct archive {
	char bytes[4096];
	size_t size;
};

/* Field numbers as they come behind the magic. */
static void add_raw(struct archive *archive, const char *name, size_t name_size, const void *data,
		    uint32_t size, uint32_t mode, uint32_t inode, uint32_t nlink)
{
	archive->size += (size_t)sprintf(
		archive->bytes + archive->size,
		"070701%08x%08x%08x%08X%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode, mode, 10u,
		0xABu, nlink, 0x5f000000u, size, 1u, 2u, 3u, 4u, (unsigned)name_size, 0u);
	memcpy(archive->bytes + archive->size, name, name_size);
	archive->size = (archive->size + name_size + 3) & ~(size_t)3;
	if (size)
		memcpy(archive->bytes + archive->size, data, size);
	archive->size = (archive->size + size + 3) & ~(size_t)3;
}

static void add(struct archive *archive, const char *name, const char *data, uint32_t mode)
{
	add_raw(archive, name, strlen(name) + 1, data, (uint32_t)strlen(data), mode, 7, 1);
}

static void make(struct archive *archive)
{
	memset(archive, 0, sizeof(*archive));
	add(archive, ".", "", 040755);
	add(archive, "hello.txt", "hello, world", 0100644);
	add(archive, "dir", "", 040700);
	add(archive, "dir/odd", "12345", 0100600);
	add(archive, "dir/link", "../hello.txt", 0120777);
	add(archive, "TRAILER!!!", "", 0);
}

/* How many entries, or the error, of a copy of exactly this size; `*offset` where it ended. */
static int count(const void *bytes, size_t size, size_t *offset)
{
	void *copy = malloc(size ? size : 1);
	struct cpio cpio;
	struct cpio_entry entry;
	int result, entries = 0;
	unsigned sum = 0;

	memcpy(copy, bytes, size);
	cpio_open(&cpio, copy, size);
	while ((result = cpio_next(&cpio, &entry)) > 0) {
		entries++;
		sum += (unsigned)strlen(entry.name) - (unsigned)entry.name_len;
		for (size_t i = 0; i < entry.size; i++)
			sum += entry.data[i] & 0u;
	}
	if (result < 0 && cpio_next(&cpio, &entry) != result)
		sum++;
	*offset = cpio.offset;
	free(copy);
	return sum ? -EIO : result < 0 ? result : entries;
}

TEST(entries)
{
	struct archive archive;
	struct cpio cpio;
	struct cpio_entry entry;

	make(&archive);
	cpio_open(&cpio, archive.bytes, archive.size);
	CHECK(cpio_next(&cpio, &entry) == 1 && !strcmp(entry.name, ".") && entry.mode == 040755);
	CHECK(cpio_next(&cpio, &entry) == 1);
	CHECK(!strcmp(entry.name, "hello.txt") && entry.name_len == 9);
	CHECK(entry.size == 12 && !memcmp(entry.data, "hello, world", 12));
	CHECK(entry.mode == 0100644 && entry.inode == 7 && entry.nlink == 1);
	CHECK(entry.uid == 10 && entry.gid == 0xab && entry.mtime == 0x5f000000);
	CHECK(entry.rdev_major == 3 && entry.rdev_minor == 4);
	CHECK(cpio_next(&cpio, &entry) == 1 && !strcmp(entry.name, "dir"));
	CHECK(cpio_next(&cpio, &entry) == 1 && entry.size == 5 && !memcmp(entry.data, "12345", 5));
	CHECK(cpio_next(&cpio, &entry) == 1 && entry.mode == 0120777 && entry.size == 12);
	CHECK(cpio_next(&cpio, &entry) == 0 && cpio_next(&cpio, &entry) == 0);
}

TEST(padding_behind_the_trailer_is_ignored)
{
	struct archive archive;
	size_t offset;

	make(&archive);
	CHECK(count(archive.bytes, archive.size, &offset) == 5);
	CHECK(count(archive.bytes, archive.size + 512, &offset) == 5);
}

TEST(cut_anywhere)
{
	struct archive archive;
	size_t offset;

	make(&archive);
	for (size_t size = 0; size + 1 < archive.size; size++) {
		CHECK(count(archive.bytes, size, &offset) == -EINVAL);
		CHECK(offset <= size);
	}
}

TEST(offset_of_the_bad_header)
{
	struct archive archive;
	size_t offset;

	make(&archive);
	archive.bytes[112] = 'x'; /* the second header's magic: 110 + "." */
	CHECK(count(archive.bytes, archive.size, &offset) == -EINVAL && offset == 112);
}

TEST(bad_fields)
{
	static const char bad[] = "/:@G`g x\n";
	struct archive archive;
	size_t offset;

	for (size_t at = 6; at < 110; at += 13)
		for (size_t i = 0; i < sizeof(bad); i++) {
			make(&archive);
			archive.bytes[at] = bad[i];
			CHECK(count(archive.bytes, archive.size, &offset) == -EINVAL);
			CHECK(offset == 0);
		}
	make(&archive);
	archive.bytes[5] = '2'; /* the form with checksums is not ours */
	CHECK(count(archive.bytes, archive.size, &offset) == -EINVAL);
}

TEST(bad_names)
{
	static const struct {
		const char *name;
		size_t size;
	} names[] = {
		{"", 0},
		{"", 1},
		{"ab", 2},
		{"a\0b", 4},
	};
	size_t offset;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct archive archive = {.size = 0};

		add_raw(&archive, names[i].name, names[i].size, "", 0, 0100644, 1, 1);
		add(&archive, "TRAILER!!!", "", 0);
		CHECK(count(archive.bytes, archive.size, &offset) == -EINVAL && offset == 0);
	}
}

TEST(mutations)
{
	struct archive archive, copy;
	uint64_t seed = 5;
	size_t offset;
	int good = 0;

	make(&archive);
	for (int round = 0; round < 40000; round++) {
		uint64_t changes = 1 + unit_random(&seed) % 3;
		int result;

		copy = archive;
		while (changes--) {
			uint64_t r = unit_random(&seed);
			char *at = &copy.bytes[r % copy.size];

			*at = r >> 32 & 1 ? "0123456789abcdefF\0"[(r >> 40) % 18] : (char)(r >> 48);
		}
		result = count(copy.bytes, copy.size, &offset);
		CHECK(result == -EINVAL || result >= 0);
		CHECK(offset <= copy.size);
		good += result == 5;
	}
	CHECK(good > 1000 && good < 39000);
}
