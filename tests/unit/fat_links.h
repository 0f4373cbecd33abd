/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chains that a cut of power may find: whatever an entry leads to has its end, also where links and
 * ends are in different sectors of the FAT, of which some may be newer than others.
 */
#pragma once

#include <base/endian.h>

static unsigned chain_bits;
static size_t chain_table, chain_table_bytes; /* the first FAT */
static uint8_t *chain_durable;		      /* ... as the last commit left it */
static const uint8_t *chain_entries[3];	      /* whose chains are watched */
static uint32_t chain_crossings;
static bool chain_bad;

static size_t chain_place(uint32_t cluster)
{
	return chain_bits == 12 ? cluster + cluster / 2 : cluster * chain_bits / 8;
}

/* The entry of a cluster, 0 at the end of a chain. */
static uint32_t chain_next(const uint8_t *table, uint32_t cluster, uint32_t *raw)
{
	const uint8_t *entry = table + chain_place(cluster);

	if (chain_bits == 12)
		*raw = cluster % 2 ? le16_load(entry) >> 4 : le16_load(entry) & 0xfff;
	else
		*raw = chain_bits == 16 ? le16_load(entry) : le32_load(entry) & 0x0fffffff;
	return *raw >= (chain_bits == 32 ? 0x0ffffff8 : (1u << chain_bits) - 8) ? 0 : *raw;
}

static void chain_kept(void)
{
	memcpy(chain_durable, disk_bytes + chain_table, chain_table_bytes);
}

/* After each write: where a chain goes on in another sector, its end was there at a commit. */
static void chain_watch(void)
{
	const uint8_t *table = disk_bytes + chain_table;

	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *entry = chain_entries[i];
		uint32_t at = le16_load(entry + 26), raw, next;

		if (chain_bits == 32)
			at |= (uint32_t)le16_load(entry + 20) << 16;
		for (; at; at = next) {
			next = chain_next(table, at, &raw);
			chain_bad |= !raw;
			if (!next)
				continue;
			/* An entry in two sectors may be half of the old one, half of the new. */
			chain_bad |= chain_bits == 12 && chain_place(at) % 512 == 511;
			if (chain_place(next) / 512 == chain_place(at) / 512)
				continue;
			chain_crossings++;
			(void)chain_next(chain_durable, next, &raw);
			chain_bad |= !raw;
		}
	}
}

static bool chain_begin(const struct kind *kind, unsigned bits)
{
	if (!begin(kind) || make_dir("d") || !put_text("GROWS.TXT", "x") ||
	    !put_text("OTHER.TXT", "x") || sys_sync())
		return false;
	chain_bits = bits;
	chain_table = word_at(14) * 512;
	chain_table_bytes = (bits == 32 ? le32_load(disk_bytes + 36) : word_at(22)) * 512;
	chain_entries[0] = memmem(disk_bytes, disk_size, "GROWS   TXT", 11);
	chain_entries[1] = memmem(disk_bytes, disk_size, "OTHER   TXT", 11);
	chain_entries[2] = memmem(disk_bytes, disk_size, "D          ", 11);
	chain_durable = malloc(chain_table_bytes);
	chain_crossings = 0;
	chain_kept();
	disk_written = chain_watch;
	disk_committed = chain_kept;
	return chain_entries[0] && chain_entries[1] && chain_entries[2];
}

static bool chain_grow(const char *path, size_t size, uint8_t byte)
{
	int fd = (int)sys_openat(AT, path, O_WRONLY | O_APPEND, 0);
	char *bytes = malloc(size);
	bool good;

	memset(bytes, byte, size);
	good = sys_write(fd, bytes, size) == (long)size;
	free(bytes);
	sys_close(fd);
	return good;
}

static bool chain_steps(const struct kind *kind, unsigned bits, size_t cluster)
{
	uint64_t size = 1 + 600 * cluster, seed = bits;
	char name[64];
	bool good = chain_begin(kind, bits) && chain_grow("GROWS.TXT", 600 * cluster, 0);

	for (unsigned i = 0; i < 400 && good && !chain_bad; i++) {
		size_t more = (1 + unit_random(&seed) % (i % 16 ? 8 : 200)) * cluster;

		good = chain_grow("GROWS.TXT", more, (uint8_t)i) &&
		       chain_grow("OTHER.TXT", 1 + more / 3, (uint8_t)i);
		size += more;
		if (good && i % 12 == 11) {
			size /= 3;
			good = !sys_truncate("GROWS.TXT", (long)size) &&
			       !sys_truncate("OTHER.TXT", (long)size / 4);
		}
		snprintf(name, sizeof(name), "d/a file that makes its folder long %u", i);
		good = good && put_text(name, i % 8 ? "" : name) && (i % 9 || !sys_sync());
	}
	disk_written = disk_committed = NULL;
	free(chain_durable);
	if (!good || chain_bad || stat_of("GROWS.TXT").st_size != (long)size)
		return false;
	return end() && chain_crossings > 100;
}

TEST(links_between_sectors)
{
	CHECK(chain_steps(&kinds[0], 12, 512));
	CHECK(chain_steps(&kinds[1], 16, 2048));
	CHECK(chain_steps(&kinds[2], 32, 512));
}
