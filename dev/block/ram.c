/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RAM disks. Requests are served where they are submitted, so a disk has no queue, no interrupt and
 * no thread; its memory is taken page by page when it is made, since it may be asked anywhere.
 */
#include <dev/ram_disk.h>

#include <errno.h>
#include <string.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <base/str.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>

LOG_MODULE(ram);

struct ram_disk {
	struct block_device device;
	size_t pages;
	uint8_t *page[];
};

/* Bytes from `at` on that lie in one page. */
static uint8_t *reach(struct ram_disk *ram, uint64_t at, size_t *size)
{
	size_t offset = at & PAGE_MASK;

	*size = MIN(*size, PAGE_SIZE - offset);
	return ram->page[at >> PAGE_SHIFT] + offset;
}

static void move(struct ram_disk *ram, enum block_op op, uint64_t at, uint8_t *memory, size_t len)
{
	for (size_t size; len; at += size, len -= size) {
		uint8_t *bytes;

		size = len;
		bytes = reach(ram, at, &size);
		if (op == BLOCK_READ)
			memcpy(memory, bytes, size);
		else if (op == BLOCK_WRITE)
			memcpy(bytes, memory, size);
		else
			memset(bytes, 0, size);
		memory += op <= BLOCK_WRITE ? size : 0;
	}
}

static void submit(struct block_device *device, struct block_request *request)
{
	struct ram_disk *ram = device->driver;
	uint64_t at = request->sector * BLOCK_SECTOR;

	if (request->op > BLOCK_WRITE)
		move(ram, request->op, at, NULL, request->count * BLOCK_SECTOR);
	for (unsigned i = 0; i < request->piece_count; i++) {
		move(ram, request->op, at, request->pieces[i].address, request->pieces[i].len);
		at += request->pieces[i].len;
	}
	request->error = 0;
	request->done(request);
}

static const struct block_ops ops = {.submit = submit};

static void free_all(struct ram_disk *ram)
{
	for (size_t i = 0; i < ram->pages; i++)
		frame_free(linear_physical(ram->page[i]));
	heap_free(ram);
}

static struct ram_disk *make(size_t pages)
{
	struct ram_disk *ram = heap_alloc_zeroed(sizeof(*ram) + pages * sizeof(ram->page[0]));

	while (ram && ram->pages < pages) {
		uint64_t frame = frame_alloc_zeroed();

		if (!frame) {
			free_all(ram);
			return NULL;
		}
		ram->page[ram->pages++] = linear_address(frame);
	}
	return ram;
}

/* "ram0" to "ram9". */
static int name_and_register(struct block_device *device)
{
	int error = -EEXIST;

	str_copy(device->name, "ram0", sizeof(device->name));
	while (error == -EEXIST && device->name[3] <= '9') {
		error = block_register(device);
		device->name[3] += error == -EEXIST;
	}
	return error == -EEXIST ? -ENOMEM : error;
}

int ram_disk_create(uint64_t bytes, struct block_device **disk)
{
	uint64_t pages = bytes >> PAGE_SHIFT;
	struct ram_disk *ram;
	int error;

	if (!pages)
		return -EINVAL;
	if (pages > frame_free_count())
		return -ENOMEM;
	ram = make(pages);
	if (!ram)
		return -ENOMEM;
	ram->device = (struct block_device){
		.ops = &ops,
		.sectors = pages * (PAGE_SIZE / BLOCK_SECTOR),
		.block = BLOCK_SECTOR,
		.sectors_max = 1u << 16,
		.pieces_max = 1024,
		.can_discard = true,
		.can_zero = true,
		.driver = ram,
	};
	error = name_and_register(&ram->device);
	if (error)
		free_all(ram);
	else
		*disk = &ram->device;
	return error;
}

void ram_disk_destroy(struct block_device *disk)
{
	block_unregister(disk);
	free_all(disk->driver);
}

static const ram_disk_maker maker SECTION_SET_IF(ram_disk, ALL) = ram_disk_from_boot;

int ram_disk_from_boot(struct block_device **disk)
{
	const char *word = boot_word("ramdisk"), *end;
	unsigned shift = 0;
	uint64_t size;
	int error;

	if (!word)
		return -ENOENT;
	error = str_to_u64(word, &end, &size);
	if (!error && *end) {
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
		error = !shift || end[1] || size > UINT64_MAX >> shift ? -EINVAL : 0;
	}
	if (!error)
		error = ram_disk_create(size << shift, disk);
	if (error)
		log_error("ramdisk=%s: %s", word,
			  error == -ENOMEM ? "not so much memory is free"
					   : "a size as in ramdisk=16M is needed");
	return error;
}
