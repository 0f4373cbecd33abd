/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/cpio.h>
#include <base/str.h>

/* The header: the magic, then fields of eight hexadecimal digits. */
enum {
	FIELD_INODE,
	FIELD_MODE,
	FIELD_UID,
	FIELD_GID,
	FIELD_NLINK,
	FIELD_MTIME,
	FIELD_SIZE,
	FIELD_DEV_MAJOR,
	FIELD_DEV_MINOR,
	FIELD_RDEV_MAJOR,
	FIELD_RDEV_MINOR,
	FIELD_NAME_SIZE,
	FIELD_CHECK,
	FIELD_COUNT
};

#define MAGIC_LEN  6
#define HEADER_LEN (MAGIC_LEN + 8 * FIELD_COUNT)

static bool read_fields(uint32_t field[FIELD_COUNT], const uint8_t *from)
{
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		uint32_t value = 0;

		for (unsigned n = 0; n < 8; n++) {
			unsigned digit = (unsigned)*from++ - '0';

			if (digit > 9) {
				digit = ((digit + '0') | 0x20) - 'a';
				if (digit > 5)
					return false;
				digit += 10;
			}
			value = value << 4 | digit;
		}
		field[i] = value;
	}
	return true;
}

void cpio_open(struct cpio *cpio, const void *archive, size_t size)
{
	cpio->archive = archive;
	cpio->size = size;
	cpio->offset = 0;
}

int cpio_next(struct cpio *cpio, struct cpio_entry *entry)
{
	const uint8_t *header = cpio->archive + cpio->offset;
	size_t left = cpio->size - cpio->offset;
	uint32_t field[FIELD_COUNT];
	size_t name_size, data_at;

	if (left < HEADER_LEN || memcmp(header, "070701", MAGIC_LEN) ||
	    !read_fields(field, header + MAGIC_LEN))
		return -EINVAL;

	/* All are 32-bit numbers, so 64-bit sums do not wrap. Headers begin at multiples of 4. */
	name_size = field[FIELD_NAME_SIZE];
	data_at = align_up(HEADER_LEN + name_size, 4);
	if (name_size < 2 || data_at > left || field[FIELD_SIZE] > left - data_at)
		return -EINVAL;
	entry->name = (const char *)header + HEADER_LEN;
	entry->name_len = name_size - 1;
	if (str_length_n(entry->name, name_size) != entry->name_len)
		return -EINVAL;
	if (str_equal(entry->name, "TRAILER!!!"))
		return 0;

	entry->data = header + data_at;
	entry->size = field[FIELD_SIZE];
	entry->mode = field[FIELD_MODE];
	entry->inode = field[FIELD_INODE];
	entry->nlink = field[FIELD_NLINK];
	entry->uid = field[FIELD_UID];
	entry->gid = field[FIELD_GID];
	entry->mtime = field[FIELD_MTIME];
	entry->rdev_major = field[FIELD_RDEV_MAJOR];
	entry->rdev_minor = field[FIELD_RDEV_MINOR];
	cpio->offset += MIN(left, align_up(data_at + entry->size, 4));
	return 1;
}
