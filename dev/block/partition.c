/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of partitions. Nothing in them is trusted: numbers are compared with the disk, chains end,
 * and what does not fit is left out.
 *
 * MBR: four entries of 16 bytes at 446. GPT: [UEFI 2.10, 5.3]. Numbers in both count the disk's own
 * blocks, of 512 to 4096 bytes.
 */
#include <dev/partition.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <base/bits.h>
#include <base/endian.h>
#include <base/guard.h>
#include <base/str.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <mem/heap.h>

LOG_MODULE(partition);

#define MBR_ENTRIES	 446
#define MBR_PROTECTIVE	 0xee
#define GPT_HEADER	 92 /* bytes of a header, at least */
#define GPT_ENTRY	 128
#define GPT_ENTRIES_MAX	 1024
#define EXTENDED_IN_LINE 60 /* links of a chain of extended tables */
#define REFUSED_TOLD	 4  /* partitions left out that the log tells of */

struct partition {
	struct block_device device;
	struct list node;
};

/* Guards the list, and that a disk is looked at by one thread at a time. */
static struct mutex partition_lock = MUTEX_INIT(partition_lock);
static struct list partitions = LIST_INIT(partitions);

struct scan {
	struct block_device *disk;
	uint64_t blocks; /* of the disk */
	unsigned unit;	 /* sectors of a block */
	unsigned found, refused;
	uint8_t *block; /* one that was read */
};

static int read_block(const struct scan *scan, uint64_t number)
{
	if (number >= scan->blocks)
		return -EINVAL;
	return block_transfer(scan->disk, BLOCK_READ, number * scan->unit, scan->block, scan->unit);
}

static bool is_free(const struct scan *scan, uint64_t first, uint64_t sectors)
{
	LIST_FOR_EACH (struct partition, p, &partitions, node)
		if (p->device.whole == scan->disk && first < p->device.first + p->device.sectors &&
		    p->device.first < first + sectors)
			return false;
	return true;
}

static void name_it(struct block_device *device, const char *disk, unsigned number)
{
	size_t at = str_copy(device->name, disk, sizeof(device->name) - 4);
	char digits[4];
	unsigned count = 0;

	at = MIN(at, sizeof(device->name) - 5);
	if (at && device->name[at - 1] >= '0' && device->name[at - 1] <= '9')
		device->name[at++] = 'p';
	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count)
		device->name[at++] = digits[--count];
	device->name[at] = '\0';
}

/* 0; -EINVAL: it is left out; -ENOMEM. */
static int add(struct scan *scan, unsigned number, uint64_t first, uint64_t blocks)
{
	const struct block_device *disk = scan->disk;
	struct partition *partition;
	int error;

	if (!first || first >= scan->blocks || !blocks || blocks > scan->blocks - first ||
	    !is_free(scan, first * scan->unit, blocks * scan->unit)) {
		if (scan->refused++ < REFUSED_TOLD)
			log_warn("%s: partition %u is not within the disk, or over another one",
				 disk->name, number);
		return -EINVAL;
	}
	if (scan->found == PARTITIONS_MAX)
		return -EINVAL;
	partition = heap_alloc(sizeof(*partition));
	if (!partition)
		return -ENOMEM;
	partition->device = *disk;
	partition->device.whole = scan->disk;
	partition->device.first = first * scan->unit;
	partition->device.sectors = blocks * scan->unit;
	partition->device.reads = partition->device.writes = partition->device.flushes = 0;
	name_it(&partition->device, disk->name, number);
	error = block_register(&partition->device);
	if (error) {
		heap_free(partition);
		return error;
	}
	list_push_back(&partitions, &partition->node);
	scan->found++;
	return 0;
}

static bool is_signed(const uint8_t *block)
{
	return block[510] == 0x55 && block[511] == 0xaa;
}

/* A FAT or exFAT file system begins with a block that is signed as a table is. */
static bool is_file_system(const uint8_t *block)
{
	uint16_t bytes = le16_load(block + 11);

	if (block[0] != 0xe9 && !(block[0] == 0xeb && block[2] == 0x90))
		return false;
	if (!memcmp(block + 3, "EXFAT   ", 8))
		return true;
	return bytes >= 512 && bytes <= 4096 && is_pow2(bytes) && is_pow2(block[13]) &&
	       le16_load(block + 14) && (block[16] == 1 || block[16] == 2);
}

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

/*
 * Logical partitions: each table has one, from itself on, and a link to the next table, from the
 * extended partition's beginning on. Links lead upwards, so the chain ends.
 */
static int scan_extended(struct scan *scan, uint64_t base, uint64_t blocks)
{
	uint64_t at = base;
	int error;

	for (unsigned number = 5; base && number < 5 + EXTENDED_IN_LINE; number++) {
		const uint8_t *own = scan->block + MBR_ENTRIES, *link = own + 16;
		uint64_t next;

		error = read_block(scan, at);
		if (error || !is_signed(scan->block))
			break;
		next = base + le32_load(link + 8);
		if (!is_extended(link[4]) || next <= at || next - base >= blocks)
			next = 0;
		error = own[4] ? add(scan, number, at + le32_load(own + 8), le32_load(own + 12))
			       : 0;
		if (error == -ENOMEM)
			return error;
		if (!next)
			return 0;
		at = next;
	}
	log_warn("%s: its extended partitions end somewhere", scan->disk->name);
	return 0;
}

static int scan_mbr(struct scan *scan, const uint8_t *table)
{
	int error = 0;

	for (unsigned i = 0; i < 4 && error != -ENOMEM; i++) {
		const uint8_t *entry = table + i * 16;
		uint64_t first = le32_load(entry + 8), blocks = le32_load(entry + 12);

		if (!entry[4])
			continue;
		error = is_extended(entry[4]) ? scan_extended(scan, first, blocks)
					      : add(scan, i + 1, first, blocks);
	}
	return error == -ENOMEM ? error : 0;
}

/* The CRC of UEFI (and of Ethernet), continued from `crc`. */
static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t size)
{
	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (UINT32_C(0xedb88320) & -(crc & 1));
	}
	return ~crc;
}

struct gpt {
	uint64_t first_usable, last_usable, entries;
	uint32_t count, size, crc;
};

/* A header in scan->block that is one: 0, else -EINVAL. */
static int read_header(struct scan *scan, uint64_t at, struct gpt *gpt)
{
	uint8_t *h = scan->block;
	uint32_t size, crc;
	int error = read_block(scan, at);

	if (error)
		return error;
	size = le32_load(h + 12);
	crc = le32_load(h + 16);
	if (memcmp(h, "EFI PART", 8) || size < GPT_HEADER || size > scan->unit * BLOCK_SECTOR)
		return -EINVAL;
	memset(h + 16, 0, 4);
	if (crc32(0, h, size) != crc || le64_load(h + 24) != at)
		return -EINVAL;
	*gpt = (struct gpt){le64_load(h + 40), le64_load(h + 48), le64_load(h + 72),
			    le32_load(h + 80), le32_load(h + 84), le32_load(h + 88)};
	if (gpt->size < GPT_ENTRY || gpt->size > scan->unit * BLOCK_SECTOR || !is_pow2(gpt->size) ||
	    !gpt->count || gpt->count > GPT_ENTRIES_MAX)
		return -EINVAL;
	if (gpt->last_usable >= scan->blocks || gpt->first_usable > gpt->last_usable)
		return -EINVAL;
	return 0;
}

static int add_entry(struct scan *scan, const struct gpt *gpt, unsigned number,
		     const uint8_t *entry)
{
	static const uint8_t nothing[16];
	uint64_t first = le64_load(entry + 32), last = le64_load(entry + 40);

	if (!memcmp(entry, nothing, 16))
		return 0;
	if (first < gpt->first_usable || last > gpt->last_usable || last < first)
		first = last = 0; /* refused, and told */
	return add(scan, number, first, last - first + 1);
}

/* With `add_them`, take the entries, else add up their checksum. */
static int walk_entries(struct scan *scan, const struct gpt *gpt, bool add_them)
{
	unsigned per_block = scan->unit * BLOCK_SECTOR / gpt->size;
	uint32_t crc = 0;
	int error = 0;

	for (unsigned i = 0; i < gpt->count; i++) {
		const uint8_t *entry = scan->block + i % per_block * gpt->size;

		if (!(i % per_block))
			error = read_block(scan, gpt->entries + i / per_block);
		if (error)
			return error;
		if (add_them)
			error = add_entry(scan, gpt, i + 1, entry);
		else
			crc = crc32(crc, entry, gpt->size);
		if (error == -ENOMEM)
			return error;
		error = 0;
	}
	return !add_them && crc != gpt->crc ? -EINVAL : 0;
}

static int scan_gpt_at(struct scan *scan, uint64_t at)
{
	struct gpt gpt;
	int error = read_header(scan, at, &gpt);

	if (!error)
		error = walk_entries(scan, &gpt, false);
	return error ? error : walk_entries(scan, &gpt, true);
}

static int scan_gpt(struct scan *scan)
{
	int error = scan_gpt_at(scan, 1);

	if (!error || error == -ENOMEM)
		return error;
	log_warn("%s: its GPT is damaged: the copy is used", scan->disk->name);
	error = scan_gpt_at(scan, scan->blocks - 1);
	if (error == -EINVAL)
		log_warn("%s: the copy of its GPT is damaged, too", scan->disk->name);
	return error == -EINVAL ? 0 : error;
}

static int scan_disk(struct scan *scan)
{
	uint8_t table[64];
	int error = read_block(scan, 0);

	if (error)
		return error;
	if (!is_signed(scan->block) || is_file_system(scan->block))
		return 0;
	memcpy(table, scan->block + MBR_ENTRIES, sizeof(table));
	for (unsigned i = 0; i < 4; i++)
		if (table[i * 16 + 4] == MBR_PROTECTIVE)
			return scan_gpt(scan);
	for (unsigned i = 0; i < 4; i++)
		if (table[i * 16] & 0x7f)
			return 0; /* neither active nor not: these are no entries */
	return scan_mbr(scan, table);
}

struct block_device *partition_at(const struct block_device *disk, unsigned index)
{
	GUARD(mutex, &partition_lock);
	LIST_FOR_EACH (struct partition, partition, &partitions, node)
		if (partition->device.whole == disk && !index--)
			return &partition->device;
	return NULL;
}

static unsigned count_of(const struct block_device *disk)
{
	unsigned count = 0;

	LIST_FOR_EACH (struct partition, partition, &partitions, node)
		count += partition->device.whole == disk;
	return count;
}

static void forget_locked(const struct block_device *disk)
{
	LIST_FOR_EACH_SAFE (struct partition, partition, &partitions, node) {
		if (partition->device.whole != disk)
			continue;
		block_unregister(&partition->device);
		list_remove(&partition->node);
		heap_free(partition);
	}
}

int partition_scan(struct block_device *disk)
{
	struct scan scan = {.disk = disk, .unit = disk->block / BLOCK_SECTOR};
	unsigned known;
	int error;

	GUARD(mutex, &partition_lock);
	known = count_of(disk);
	if (known || disk->whole)
		return (int)known;
	scan.blocks = disk->sectors / scan.unit;
	scan.block = heap_alloc(disk->block);
	if (!scan.block)
		return -ENOMEM;
	error = scan.blocks ? scan_disk(&scan) : 0;
	heap_free(scan.block);
	if (error)
		forget_locked(disk);
	return error ? error : (int)scan.found;
}

void partition_forget(struct block_device *disk)
{
	GUARD(mutex, &partition_lock);
	forget_locked(disk);
}
