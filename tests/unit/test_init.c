/* SPDX-License-Identifier: BSD-2-Clause */
// sources: mem/init.c mem/linear.c mem/pagetable.c mem/frame.c kernel/boot.c kernel/spinlock.c
// sources: lib/cmdline.c lib/fmt.c lib/str.c arch/host/memory.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host
#include <arch/boot.h>
#include <kernel/boot.h>
#include <kernel/console.h>
#include <kernel/log.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/init.h>
#include <mem/linear.h>
#include <mem/pagetable.h>
#include <mem/vm.h>

#include "fresh.h"
#include "host.h"

#define P   PAGE_SIZE
#define MIB 0x100000UL
#define GIB 0x40000000UL
#define ALL (2 * GIB / P) /* pages the model looks at */

static uint64_t pool, pool_first, pool_end, pool_rest;
static char log_text[1000];

uint64_t boot_pool_take(void)
{
	return pool < pool_end ? (pool += P) - P : 0;
}

uint64_t boot_pool_close(void)
{
	pool_rest = pool;
	pool = pool_end;
	return pool_rest;
}

void vm_init(void)
{
}

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	va_list args;

	(void)module, (void)level;
	va_start(args, format);
	vsnprintf(log_text, sizeof(log_text), format, args);
	va_end(args);
}

int log_set_level(const char *module, const char *level)
{
	(void)module, (void)level;
	return 0;
}

void log_use_control_channel(void)
{
}

void console_write(const char *text, size_t length)
{
	(void)text, (void)length;
}

/* The image lies at `image_pa`; its table pool was used for the first tables already. */
static void setup(uint64_t image_pa)
{
	host_memory_reset(0, image_pa);
	pool = image_pa + (uint64_t)(__boot_tables_start - __image_start);
	pool_end = image_pa + (uint64_t)(__boot_tables_end - __image_start);
	host_root = boot_pool_take();
	boot_pool_take();
	boot_pool_take();
	pool_first = pool;
}

static uint8_t *free_page;

/* What boot_info says, page by page: RAM that is whole, without what is reserved. */
static void look_at_ranges(struct boot_range *ram, unsigned ram_count, struct boot_range *reserved,
			   unsigned reserved_count)
{
	static uint16_t bytes[ALL];

	free_page = calloc(1, ALL);
	memset(bytes, 0, sizeof(bytes));
	/* Ranges may overlap: count each 64 bytes once. */
	for (uint64_t at = 0; at < ALL * P; at += 64)
		for (unsigned i = 0; i < ram_count; i++)
			if (at >= ram[i].start && at + 64 <= ram[i].start + ram[i].size) {
				bytes[at / P] += 64;
				break;
			}
	for (uint64_t page = 0; page < ALL; page++)
		free_page[page] = bytes[page] == P && page;
	for (unsigned i = 0; i < reserved_count; i++)
		for (uint64_t at = reserved[i].start & ~(P - 1);
		     at < reserved[i].start + reserved[i].size && at < ALL * P; at += P)
			free_page[at / P] = 0;
}

static void reserve_page(uint64_t pa)
{
	free_page[pa / P] = 0;
}

/* The image but for the rest of the pool and the page below the boot stack. */
static void reserve_image(uint64_t image_pa)
{
	for (uint64_t offset = 0; offset < HOST_IMAGE_SIZE; offset += P) {
		const char *at = __image_start + offset;
		bool unused = (at >= __boot_tables_start && at < __boot_tables_end &&
			       image_pa + offset >= pool_rest) ||
			      at == __boot_stack_guard;

		if (!unused)
			reserve_page(image_pa + offset);
	}
}

/*
 * Each frame that is given out must be free in the model; returns how many of those were missing.
 */
static size_t take_all(void)
{
	size_t missing = 0;
	uint64_t pa;

	while ((pa = frame_alloc())) {
		if (pa / P >= ALL || !free_page[pa / P])
			return SIZE_MAX;
		free_page[pa / P] = 0;
	}
	for (size_t i = 0; i < ALL; i++)
		missing += free_page[i];
	return missing;
}

/* Frames that the allocator's own maps and the tables took; the first tables are the pool's. */
static size_t taken_pages(void)
{
	size_t pages = pagetable_frames() - (pool_rest - pool_first) / P;

	for (unsigned i = 0; i < boot_info.ram_count; i++)
		pages += (frame_map_bytes(boot_info.ram[i].size) + P - 1) / P *
			 !!boot_info.ram[i].size;
	return pages;
}

static void check_linear(void)
{
	for (unsigned i = 0; i < boot_info.ram_count; i++) {
		const struct boot_range *ram = &boot_info.ram[i];

		for (uint64_t pa = ram->start; pa < ram->start + ram->size; pa += P) {
			uint64_t found;
			unsigned attrs;

			CHECK(pagetable_query(ARCH_LINEAR_BASE + pa, &found, &attrs) &&
			      found == pa);
			CHECK(attrs == (PAGE_READ | PAGE_WRITE));
		}
	}
}

static void run_simple(struct boot_range *ram, unsigned ram_count, struct boot_range *reserved,
		       unsigned reserved_count, uint64_t image_pa)
{
	setup(image_pa);
	look_at_ranges(ram, ram_count, reserved, reserved_count);
	for (unsigned i = 0; i < ram_count; i++)
		CHECK(!boot_add_ram(ram[i].start, ram[i].size));
	for (unsigned i = 0; i < reserved_count; i++)
		CHECK(!boot_add_reserved(reserved[i].start, reserved[i].size));
	mem_init();
	reserve_image(image_pa);
	CHECK_IN(check_linear());
}

FRESH_TEST(one_range)
{
	struct boot_range ram = {GIB, 64 * MIB};

	CHECK_IN(run_simple(&ram, 1, NULL, 0, GIB + MIB));
	CHECK(take_all() == taken_pages());
}

FRESH_TEST(a_range_that_is_no_whole_pages)
{
	struct boot_range ram = {GIB + 1600, 64 * MIB - 3200};

	CHECK_IN(run_simple(&ram, 1, NULL, 0, GIB + MIB));
	CHECK(take_all() == taken_pages());
}

FRESH_TEST(just_enough)
{
	struct boot_range ram = {GIB, HOST_IMAGE_SIZE + 2 * P};

	CHECK_IN(run_simple(&ram, 1, NULL, 0, GIB));
	CHECK(take_all() == 1);
}

FRESH_TEST(too_little)
{
	struct boot_range ram = {GIB, HOST_IMAGE_SIZE - P};

	CHECK(HOST_STOPS(run_simple(&ram, 1, NULL, 0, GIB)));
	CHECK(strstr(host_stop_reason, "too little memory"));
}

FRESH_TEST(no_ram_where_the_image_is)
{
	struct boot_range ram = {GIB, MIB};

	CHECK(HOST_STOPS(run_simple(&ram, 1, NULL, 0, 2 * MIB)));
	CHECK(strstr(host_stop_reason, "no RAM where the image is"));
}

FRESH_TEST(the_image_at_the_end)
{
	struct boot_range ram = {GIB, 64 * MIB};

	CHECK_IN(run_simple(&ram, 1, NULL, 0, GIB + 64 * MIB - HOST_IMAGE_SIZE));
	CHECK(take_all() == taken_pages());
}

FRESH_TEST(from_address_zero)
{
	struct boot_range ram = {0, 64 * MIB};

	CHECK_IN(run_simple(&ram, 1, NULL, 0, MIB));
	CHECK(take_all() == taken_pages());
}

/*
 * The map must not lie on what is reserved, whether it is behind the image, in pieces or beyond
 * RAM.
 */
FRESH_TEST(reservations)
{
	struct boot_range ram = {GIB, 64 * MIB};
	struct boot_range reserved[] = {{GIB + MIB + HOST_IMAGE_SIZE, 1},
					{GIB + MIB + HOST_IMAGE_SIZE + P + 5, 2 * P},
					{GIB - MIB, 2 * MIB},
					{GIB + 10 * MIB + 100, 100},
					{GIB + 10 * MIB + 150, 3 * MIB},
					{GIB + 63 * MIB, 5 * MIB},
					{GIB + 40 * MIB, UINT64_MAX - GIB - 41 * MIB},
					{0, P}};

	CHECK_IN(run_simple(&ram, 1, reserved, 8, GIB + MIB));
	CHECK(take_all() == taken_pages());
}

FRESH_TEST(everything_is_reserved)
{
	struct boot_range ram = {GIB, 64 * MIB}, reserved = {0, UINT64_MAX};

	setup(GIB);
	CHECK(!boot_add_ram(ram.start, ram.size) &&
	      !boot_add_reserved(reserved.start, reserved.size));
	mem_init();
	CHECK(!frame_alloc() && strstr(log_text, "left out"));
}

FRESH_TEST(ranges_that_overlap_and_touch)
{
	struct boot_range ram[] = {{GIB, 16 * MIB},
				   {GIB + 8 * MIB, 24 * MIB},
				   {GIB + 32 * MIB, 32 * MIB},
				   {GIB + 4 * MIB, MIB},
				   {GIB, 16 * MIB}};

	CHECK_IN(run_simple(ram, 5, NULL, 0, GIB + MIB));
	CHECK(boot_info.ram_count == 1 && boot_info.ram[0].size == 64 * MIB);
	CHECK(take_all() == taken_pages());
}

/* Tables of the other ranges come from frames of the first. */
FRESH_TEST(several_ranges)
{
	struct boot_range ram[] = {{0, 640 * 1024},
				   {MIB, 127 * MIB},
				   {256 * MIB + 1234, 32 * MIB},
				   {GIB + 100, 3000}, /* not one page */
				   {GIB + 16 * MIB, 2 * P},
				   {UINT64_MAX - 100 * MIB, 50 * MIB}, /* out of reach */
				   {GIB + 512 * MIB, 16 * MIB}};

	CHECK_IN(run_simple(ram, 7, NULL, 0, 2 * MIB));
	CHECK(take_all() == taken_pages());
}

FRESH_TEST(more_ranges_than_are_kept)
{
	setup(GIB);
	for (uint64_t i = 0; i < 12; i++)
		CHECK(!boot_add_ram(GIB + i * 16 * MIB, 8 * MIB));
	mem_init();
	CHECK(strstr(log_text, "left out"));
	CHECK(frame_free_count() > 7 * 8 * MIB / P && frame_free_count() <= 8 * 8 * MIB / P);
}

FRESH_TEST(more_ranges_than_fit)
{
	setup(GIB);
	for (uint64_t i = 0; i < BOOT_RANGES_MAX; i++)
		CHECK(!boot_add_ram(GIB + i * MIB, P) && !boot_add_reserved(i * MIB, P));
	CHECK(boot_add_ram(4 * GIB, P) == -28);
	CHECK(HOST_STOPS(boot_add_reserved(4 * GIB, P)));
	CHECK(strstr(host_stop_reason, "reserved"));
}

/* The tree goes; its first page holds something else, too, and its end was reserved twice. */
FRESH_TEST(the_device_tree_is_given_back)
{
	struct boot_range ram = {GIB, 64 * MIB};
	struct boot_range reserved[] = {{GIB + 20 * MIB + 200, 5 * P},
					{GIB + 20 * MIB, 100},
					{GIB + 20 * MIB + 3 * P, 10 * P}};
	size_t before;

	setup(GIB + MIB);
	CHECK(!boot_add_ram(ram.start, ram.size));
	for (int i = 0; i < 3; i++)
		CHECK(!boot_add_reserved(reserved[i].start, reserved[i].size));
	boot_info.firmware_pa = reserved[0].start;
	boot_info.firmware_size = reserved[0].size;
	mem_init();
	before = frame_free_count();
	mem_release_firmware();
	CHECK(frame_free_count() == before + 2);
	mem_release_firmware();
	CHECK(frame_free_count() == before + 2);
}

FRESH_TEST(a_device_tree_outside_of_ram_is_left_alone)
{
	size_t before;

	setup(GIB + MIB);
	CHECK(!boot_add_ram(GIB, 64 * MIB) && !boot_add_reserved(GIB - 2 * P, 4 * P));
	boot_info.firmware_pa = GIB - 2 * P;
	boot_info.firmware_size = 4 * P;
	mem_init();
	before = frame_free_count();
	mem_release_firmware();
	CHECK(frame_free_count() == before + 2);
}

/* Any ranges and reservations: every frame given out is one, once, and none is lost. */
static void random_case(uint64_t seed)
{
	struct boot_range ram[6], reserved[20];
	unsigned ram_count = 1 + (unsigned)(unit_random(&seed) % 5);
	unsigned reserved_count = (unsigned)(unit_random(&seed) % 20);

	ram[0] = (struct boot_range){GIB, 4 * MIB + unit_random(&seed) % (30 * MIB)};
	for (unsigned i = 1; i < ram_count; i++)
		ram[i] = (struct boot_range){GIB - 32 * MIB +
						     unit_random(&seed) % (128 * MIB) / 64 * 64,
					     unit_random(&seed) % (20 * MIB) / 64 * 64};
	for (unsigned i = 0; i < reserved_count; i++)
		reserved[i] = (struct boot_range){GIB + HOST_IMAGE_SIZE +
							  unit_random(&seed) % (100 * MIB),
						  unit_random(&seed) % (i % 2 ? 3 * MIB : 3 * P)};
	CHECK_IN(run_simple(ram, ram_count, reserved, reserved_count, GIB));
	CHECK(take_all() == taken_pages());
}

static uint64_t case_seed;

static void one_case(void)
{
	random_case(case_seed);
}

TEST(any_ranges)
{
	for (case_seed = 1; case_seed <= 16 && !unit_failure[0]; case_seed++)
		fresh_run(one_case);
	if (unit_failure[0])
		printf("  seed %lu\n", (unsigned long)case_seed - 1);
}
