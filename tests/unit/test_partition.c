/* SPDX-License-Identifier: BSD-2-Clause */
// sources: dev/block.c dev/block/partition.c dev/block/ram.c lib/str.c arch/host/services.c kernel/spinlock.c
// flags: -Iinclude/arch/host -Iarch/host
/* Tables of partitions on a RAM disk: good ones, and ones made to do harm. */
#include <errno.h>

#include <base/endian.h>
#include <dev/partition.h>
#include <dev/ram_disk.h>
#include <kernel/boot.h>
#include <kernel/log.h>

#include "services.h"
#include "unit.h"

#define BLOCKS 4096

static unsigned told;
static const char *ramdisk_word;

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)format;
	told += level <= LOG_WARN;
}

const char *boot_word(const char *key)
{
	return strcmp(key, "ramdisk") ? NULL : ramdisk_word;
}

static struct block_device *disk;
static uint8_t bytes[4096];

static void make_disk(void)
{
	if (ram_disk_create(BLOCKS * 512, &disk))
		abort();
	told = 0;
}

static bool put_back(void)
{
	partition_forget(disk);
	ram_disk_destroy(disk);
	return !host_blocks && !host_frames && !block_at(0);
}

static void put(uint64_t sector, const void *from, size_t size)
{
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, from, size);
	if (block_transfer(disk, BLOCK_WRITE, sector, bytes, (size + 511) / 512))
		abort();
}

static void entry(uint8_t *table, unsigned index, uint8_t type, uint32_t first, uint32_t count)
{
	uint8_t *at = table + 446 + index * 16;

	at[4] = type;
	le32_store(at + 8, first);
	le32_store(at + 12, count);
	table[510] = 0x55;
	table[511] = 0xaa;
}

static bool is(unsigned index, const char *name, uint64_t first, uint64_t sectors)
{
	struct block_device *p = partition_at(disk, index);

	return p && !strcmp(p->name, name) && p->first == first && p->sectors == sectors &&
	       p->whole == disk && block_find(name) == p;
}

TEST(no_table)
{
	uint8_t boot[512] = {0xeb, 0x3c, 0x90, 'm', 'k', 'f', 's', '.', 'f',
			     'a',  't',	 0,    2,   4,	 1,   0,   2};

	make_disk();
	CHECK(partition_scan(disk) == 0 && !partition_at(disk, 0));
	/* A file system's first block is signed, and has anything where a table would be. */
	entry(boot, 0, 6, 100, 100);
	put(0, boot, 512);
	CHECK(partition_scan(disk) == 0);
	memcpy(boot + 3, "EXFAT   ", 8);
	boot[11] = boot[12] = 0;
	put(0, boot, 512);
	CHECK(partition_scan(disk) == 0);
	boot[0] = 0;
	boot[446] = 0x13; /* code */
	put(0, boot, 512);
	CHECK(partition_scan(disk) == 0 && !told);
	boot[446] = 0x80;
	put(0, boot, 512);
	CHECK(partition_scan(disk) == 1 && is(0, "ram0p1", 100, 100));
	CHECK(put_back());
}

TEST(mbr)
{
	uint8_t table[512] = {0}, logical[512] = {0};
	struct block_device *second;

	make_disk();
	entry(table, 0, 0x0c, 64, 1000);
	entry(table, 1, 0x05, 1064, 2000);
	entry(table, 3, 0x83, 3500, 596);
	put(0, table, 512);
	entry(logical, 0, 0x0b, 8, 100);
	entry(logical, 1, 0x05, 200, 300);
	put(1064, logical, 512);
	memset(logical, 0, 512);
	entry(logical, 0, 0x0b, 1, 299);
	put(1264, logical, 512);
	CHECK(partition_scan(disk) == 4 && !told);
	CHECK(is(0, "ram0p1", 64, 1000) && is(1, "ram0p5", 1072, 100));
	CHECK(is(2, "ram0p6", 1265, 299) && is(3, "ram0p4", 3500, 596) && !partition_at(disk, 4));
	CHECK(partition_scan(disk) == 4); /* again: they are known */
	second = partition_at(disk, 1);
	CHECK(partition_scan(second) == 0);
	memset(bytes, 7, 512);
	CHECK(!block_transfer(second, BLOCK_WRITE, 99, bytes, 1));
	CHECK(block_transfer(second, BLOCK_WRITE, 100, bytes, 1) == -ENOSPC);
	CHECK(!block_transfer(disk, BLOCK_READ, 1171, bytes, 1) && bytes[0] == 7);
	partition_forget(disk);
	CHECK(!partition_at(disk, 0) && !block_find("ram0p1"));
	CHECK(put_back());
}

TEST(mbr_that_harms)
{
	uint8_t table[512] = {0}, logical[512] = {0};

	make_disk();
	entry(table, 0, 0x0c, 64, 4033);	   /* one too many */
	entry(table, 1, 0x0c, 0xffffffff, 0xffff); /* far out */
	entry(table, 2, 0x05, 1000, 2000);
	entry(table, 3, 0x0c, 0, 10); /* over the table itself */
	put(0, table, 512);
	/* A chain that leads to itself, and a logical partition that leaves the extended one. */
	entry(logical, 0, 0x0b, 0xfffffff0, 0x20);
	entry(logical, 1, 0x05, 0, 300);
	put(1000, logical, 512);
	CHECK(partition_scan(disk) == 0 && told == 4);
	/* Backwards, after one that is good. */
	memset(logical, 0, 512);
	entry(logical, 0, 0x0b, 8, 100);
	entry(logical, 1, 0x05, 500, 300);
	put(1000, logical, 512);
	memset(logical, 0, 512);
	entry(logical, 0, 0x0b, 1, 50);
	entry(logical, 1, 0x05, 400, 300);
	put(1500, logical, 512);
	told = 0;
	CHECK(partition_scan(disk) == 2 && told == 3);
	CHECK(is(0, "ram0p5", 1008, 100) && is(1, "ram0p6", 1501, 50));
	CHECK(put_back());
}

/* Two over one another: the first one counts. */
TEST(overlap)
{
	uint8_t table[512] = {0};

	make_disk();
	entry(table, 0, 0x0c, 64, 1000);
	entry(table, 1, 0x0c, 1063, 10);
	entry(table, 2, 0x0c, 1064, 10);
	put(0, table, 512);
	CHECK(partition_scan(disk) == 2 && told == 1 && is(1, "ram0p3", 1064, 10));
	CHECK(put_back());
}

static uint32_t crc32(const uint8_t *at, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size * 8; i++)
		crc = crc >> 1 ^ (((crc ^ at[i / 8] >> i % 8) & 1) ? 0xedb88320 : 0);
	return ~crc;
}

#define ENTRIES 128
static uint8_t entries[ENTRIES * 128], header[512];

static void gpt_entry(unsigned index, uint64_t first, uint64_t last)
{
	memset(entries + index * 128, 0x41, 16);
	le64_store(entries + index * 128 + 32, first);
	le64_store(entries + index * 128 + 40, last);
}

static void seal(uint64_t at, uint64_t entries_at)
{
	le64_store(header + 24, at);
	le64_store(header + 72, entries_at);
	le32_store(header + 88, crc32(entries, sizeof(entries)));
	memset(header + 16, 0, 4);
	le32_store(header + 16, crc32(header, 92));
	put(at, header, 512);
	for (unsigned i = 0; i < sizeof(entries) / 4096; i++)
		put(entries_at + i * 8, entries + i * 4096, 4096);
}

static void gpt_header(void)
{
	uint8_t table[512] = {0};

	memset(entries, 0, sizeof(entries));
	memset(header, 0, sizeof(header));
	memcpy(header, "EFI PART\0\0\1\0", 12);
	le32_store(header + 12, 92);
	le64_store(header + 40, 34);
	le64_store(header + 48, BLOCKS - 34);
	le32_store(header + 80, ENTRIES);
	le32_store(header + 84, 128);
	entry(table, 0, 0xee, 1, BLOCKS - 1);
	put(0, table, 512);
}

TEST(gpt)
{
	make_disk();
	gpt_header();
	gpt_entry(0, 40, 139);
	gpt_entry(1, 10, 33);	   /* over the table */
	gpt_entry(2, 139, 200);	   /* over the first */
	gpt_entry(3, 140, BLOCKS); /* out */
	gpt_entry(4, 300, 299);	   /* none */
	gpt_entry(5, UINT64_MAX - 3, UINT64_MAX);
	gpt_entry(127, 200, BLOCKS - 34);
	seal(1, 2);
	seal(BLOCKS - 1, BLOCKS - 33);
	CHECK(partition_scan(disk) == 2 && told == 4);
	CHECK(is(0, "ram0p1", 40, 100) && is(1, "ram0p128", 200, BLOCKS - 233));
	partition_forget(disk);
	/* The first header or its entries damaged: the copy at the end serves. */
	memset(bytes, 0, 512);
	CHECK(!block_transfer(disk, BLOCK_WRITE, 5, bytes, 1));
	CHECK(!block_transfer(disk, BLOCK_WRITE, 33, bytes, 1));
	CHECK(partition_scan(disk) == 2 && is(0, "ram0p1", 40, 100));
	partition_forget(disk);
	CHECK(!block_transfer(disk, BLOCK_WRITE, BLOCKS - 1, bytes, 1));
	CHECK(partition_scan(disk) == 0);
	CHECK(put_back());
}

/* Headers whose numbers are absurd, with checksums that are right. */
TEST(gpt_that_harms)
{
	static const struct {
		unsigned at;
		uint64_t value;
	} bad[] = {{12, 91}, {12, 0xffffffff}, {40, UINT64_MAX}, {48, UINT64_MAX}, {80, 0xffffffff},
		   {80, 0},  {84, 0},	       {84, 127},	 {84, 1u << 31},   {84, 4096}};

	make_disk();
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		gpt_header();
		gpt_entry(0, 40, 139);
		if (bad[i].at == 40 || bad[i].at == 48)
			le64_store(header + bad[i].at, bad[i].value);
		else
			le32_store(header + bad[i].at, (uint32_t)bad[i].value);
		seal(1, 2);
		CHECK(partition_scan(disk) == 0);
	}
	gpt_header();
	seal(1, 2);
	le64_store(header + 72, UINT64_MAX); /* entries nowhere */
	memset(header + 16, 0, 4);
	le32_store(header + 16, crc32(header, 92));
	put(1, header, 512);
	CHECK(partition_scan(disk) == 0);
	CHECK(put_back());
}

static bool partitions_are_sound(void)
{
	struct block_device *a, *b;

	for (unsigned i = 0; (a = partition_at(disk, i)); i++) {
		if (!a->first || !a->sectors || a->first + a->sectors > disk->sectors ||
		    a->first + a->sectors < a->first)
			return false;
		for (unsigned j = 0; j < i && (b = partition_at(disk, j)); j++)
			if (a->first < b->first + b->sectors && b->first < a->first + a->sectors)
				return false;
	}
	return true;
}

TEST(random_tables)
{
	uint64_t seed = 4;

	make_disk();
	for (unsigned run = 0; run < 20000; run++) {
		uint8_t table[512];

		for (unsigned i = 0; i < 3; i++) {
			memset(table, 0, sizeof(table));
			for (unsigned e = 0; e < 4; e++)
				entry(table, e, "\0\5\14\17"[unit_random(&seed) % 4],
				      (uint32_t)(unit_random(&seed) % 16
							 ? unit_random(&seed) % 5000 & ~511u
							 : unit_random(&seed)),
				      (uint32_t)(unit_random(&seed) % 3000));
			put(i ? unit_random(&seed) % 8 * 512 : 0, table, 512);
		}
		CHECK(partition_scan(disk) >= 0 && partitions_are_sound());
		partition_forget(disk);
	}
	gpt_header();
	for (unsigned run = 0; run < 300; run++) {
		for (unsigned i = 0; i < ENTRIES; i++)
			gpt_entry(i, unit_random(&seed) % 5000, unit_random(&seed) % 5000);
		seal(1, 2);
		CHECK(partition_scan(disk) >= 0 && partitions_are_sound());
		partition_forget(disk);
	}
	CHECK(put_back());
}

TEST(memory_runs_out)
{
	struct block_device *none;
	uint8_t table[512] = {0};

	make_disk();
	entry(table, 0, 0x0c, 64, 1000);
	entry(table, 1, 0x0c, 1064, 1000);
	put(0, table, 512);
	for (long n = 0; n < 3; n++) {
		host_heap_fails_after = n;
		CHECK(partition_scan(disk) == -ENOMEM && !partition_at(disk, 0));
	}
	host_heap_fails_after = 0;
	CHECK(ram_disk_create(4096, &none) == -ENOMEM);
	host_heap_fails_after = -1;
	host_frame_limit = host_frames + 3;
	CHECK(ram_disk_create(4 * 4096, &none) == -ENOMEM);
	host_frame_limit = SIZE_MAX;
	CHECK(ram_disk_create(4095, &none) == -EINVAL);
	CHECK(put_back());
}

TEST(boot_word_of_a_ram_disk)
{
	static const char *const bad[] = {
		"", "x", "16X", "16MM", "-1", "99999999999999999999", "99999999999G", "100"};
	struct block_device *made;

	CHECK(ram_disk_from_boot(&made) == -ENOENT);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ramdisk_word = bad[i];
		CHECK(ram_disk_from_boot(&made) < 0);
	}
	ramdisk_word = "2M";
	CHECK(!ram_disk_from_boot(&made) && made->sectors == 4096 && !strcmp(made->name, "ram0"));
	ram_disk_destroy(made);
	ramdisk_word = "8192";
	CHECK(!ram_disk_from_boot(&made) && made->sectors == 16);
	ram_disk_destroy(made);
	CHECK(!host_blocks && !host_frames);
}
