/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the boot mapping to frames: the RAM the firmware lists, without what is in use, goes into
 * the linear map and to the frame allocator. The range that holds the image comes first, with
 * tables from the boot pool.
 */
#include <arch/boot.h>
#include <base/bits.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/init.h>
#include <mem/linear.h>
#include <mem/vm.h>

LOG_MODULE(mem);

static struct boot_range clip(struct boot_range range)
{
	uint64_t start = align_up(range.start, PAGE_SIZE);
	uint64_t end = align_down(MIN(range.start + range.size, (uint64_t)ARCH_LINEAR_SIZE),
				  PAGE_SIZE);

	return (struct boot_range){start, end > start ? end - start : 0};
}

/* The first page-aligned place of `size` bytes at or above `from` that no reservation touches. */
static uint64_t place_beside_reserved(uint64_t from, uint64_t size)
{
	for (unsigned i = 0; i < boot_info.reserved_count; i++) {
		const struct boot_range *r = &boot_info.reserved[i];

		if (r->start < from + size && from < r->start + r->size) {
			from = align_up(r->start + r->size, PAGE_SIZE);
			i = ~0U; /* look at all again */
		}
	}
	return from;
}

/* Free what lies between the reservations. */
static void release(uint64_t start, uint64_t end)
{
	while (start < end) {
		uint64_t next = end, skip = end;

		for (unsigned i = 0; i < boot_info.reserved_count; i++) {
			uint64_t first = align_down(boot_info.reserved[i].start, PAGE_SIZE);
			uint64_t last =
				align_up(boot_info.reserved[i].start + boot_info.reserved[i].size,
					 PAGE_SIZE);

			if (last > start && first < next) {
				next = MAX(first, start);
				skip = last;
			}
		}
		frame_release_range(start, next - start);
		start = skip;
	}
}

/* A range that is left out has no size from then on. */
static void add(struct boot_range *range, uint64_t map_from)
{
	size_t map_size = frame_map_bytes(range->size);
	uint64_t map_pa = place_beside_reserved(map_from, map_size);

	if (map_pa + map_size > range->start + range->size) /* the image is at the end of RAM */
		map_pa = place_beside_reserved(MAX(range->start, PAGE_SIZE), map_size);
	if (map_pa + map_size > range->start + range->size ||
	    frame_add_range(range->start, range->size, map_pa)) {
		log_warn("no room for the map of %lu KiB of RAM: left out",
			 (unsigned long)(range->size >> 10));
		range->size = 0;
		return;
	}
	boot_add_reserved(map_pa, map_size);
	release(range->start, range->start + range->size);
}

void mem_init(void)
{
	uint64_t image_end = arch_boot.image_pa + (uint64_t)(__image_end - __image_start);
	uint64_t stack_pa = arch_boot.image_pa + (uint64_t)(__boot_stack_bottom - __image_start);
	unsigned main_range = boot_info.ram_count;

	for (unsigned i = 0; i < boot_info.ram_count; i++) {
		boot_info.ram[i] = clip(boot_info.ram[i]);
		if (arch_boot.image_pa - boot_info.ram[i].start < boot_info.ram[i].size)
			main_range = i;
	}
	if (main_range == boot_info.ram_count)
		panic("the firmware lists no RAM where the image is");
	if (image_end > boot_info.ram[main_range].start + boot_info.ram[main_range].size)
		panic("too little memory: the image does not fit in RAM");
	if (linear_map_ram(boot_info.ram[main_range].start, boot_info.ram[main_range].size))
		panic("the boot tables do not suffice for the RAM");
	/*
	 * The unused rest of the pool and the guard page below the boot stack are memory like any
	 * other.
	 */
	boot_add_reserved(arch_boot.image_pa, boot_pool_close() - arch_boot.image_pa);
	boot_add_reserved(stack_pa, image_end - stack_pa);
	add(&boot_info.ram[main_range], image_end);
	for (unsigned i = 0; i < boot_info.ram_count; i++) {
		struct boot_range *range = &boot_info.ram[i];

		if (i == main_range || !range->size)
			continue;
		if (linear_map_ram(range->start, range->size))
			range->size = 0;
		else
			add(range, MAX(range->start, PAGE_SIZE));
	}
	vm_init();
}

/* The tree may share pages with something else, be reserved twice, or lie where no RAM is. */
void mem_release_firmware(void)
{
	uint64_t start = align_down(boot_info.firmware_pa, PAGE_SIZE);
	uint64_t end = align_up(boot_info.firmware_pa + boot_info.firmware_size, PAGE_SIZE);

	for (unsigned i = 0; i < boot_info.reserved_count; i++)
		if (boot_info.reserved[i].start == boot_info.firmware_pa &&
		    boot_info.reserved[i].size == boot_info.firmware_size)
			boot_info.reserved[i] = (struct boot_range){0, 0};
	for (unsigned i = 0; i < boot_info.ram_count; i++) {
		const struct boot_range *range = &boot_info.ram[i];

		release(MAX(start, range->start), MIN(end, range->start + range->size));
	}
	boot_info.firmware_size = 0;
}
