/* SPDX-License-Identifier: BSD-2-Clause */
/* What the image and the tables look like once the kernel runs. */
#include <arch/boot.h>
#include <arch/user.h>
#include <base/str.h>
#include <dev/device.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/boot_map.h>
#include <mem/linear.h>
#include <mem/pagetable.h>

#include "suite.h"

static void check_segment(const char *start, const char *end, unsigned wanted)
{
	CHECK(start <= end && !((uintptr_t)start & PAGE_MASK));
	for (const char *at = start; at < end; at += PAGE_SIZE) {
		uint64_t pa;
		unsigned attrs;

		CHECK(pagetable_query((uintptr_t)at, &pa, &attrs));
		CHECK((attrs & (PAGE_READ | PAGE_WRITE | PAGE_EXEC)) == wanted);
		CHECK(pa == arch_boot.image_pa + (uint64_t)(at - __image_start));
	}
}

TEST(image, segments_have_their_rights)
{
	CHECK_IN(check_segment(__text_start, __text_end, PAGE_READ | PAGE_EXEC));
	CHECK_IN(check_segment(__rodata_start, __rodata_end, PAGE_READ));
	CHECK_IN(check_segment(__data_start, __data_end, PAGE_READ | PAGE_WRITE));
	CHECK_IN(check_segment(__data_start, __bss_end, PAGE_READ | PAGE_WRITE));
	CHECK_IN(check_segment(__boot_stack_bottom, __boot_stack_top, PAGE_READ | PAGE_WRITE));
	CHECK(!pagetable_query((uintptr_t)__boot_stack_guard, NULL, NULL));
}

/* Page by page over all of the image: nothing is both, whatever segment it belongs to. */
TEST(image, nothing_is_writable_and_executable)
{
	for (uintptr_t at = (uintptr_t)__image_start; at < (uintptr_t)__image_end;
	     at += PAGE_SIZE) {
		unsigned attrs;

		if (pagetable_query(at, NULL, &attrs))
			CHECK((attrs & (PAGE_WRITE | PAGE_EXEC)) != (PAGE_WRITE | PAGE_EXEC));
	}
}

TEST(image, the_linear_map_is_not_executable)
{
	for (unsigned i = 0; i < boot_info.ram_count; i++) {
		const struct boot_range *ram = &boot_info.ram[i];

		for (uint64_t pa = ram->start; pa < ram->start + ram->size; pa += PAGE_SIZE) {
			unsigned attrs;
			uint64_t found;

			CHECK(pagetable_query(ARCH_LINEAR_BASE + pa, &found, &attrs));
			CHECK(found == pa && attrs & PAGE_WRITE && !(attrs & PAGE_EXEC));
		}
	}
}

static void look_down(void *arg)
{
	uint64_t value;

	(void)arg;
	EXPECT(arch_user_load64(NULL, &value) == -EFAULT);
	EXPECT(arch_user_load64((uint64_t *)(PAGE_SIZE - 8), &value) == -EFAULT);
	EXPECT(arch_user_load64((uint64_t *)arch_boot.image_pa, &value) == -EFAULT);
	EXPECT(arch_user_load64((uint64_t *)(arch_boot.image_pa & ~0x3fffffffUL), &value) ==
	       -EFAULT);
}

/* Of the tables, and of what each CPU remembers of the time when it began. */
TEST(image, page_zero_and_the_identity_are_gone)
{
	for (uintptr_t at = 0; at < 0x100000000; at += PAGE_SIZE * 64)
		CHECK(!pagetable_query(at, NULL, NULL));
	CHECK(!pagetable_query(arch_boot.image_pa, NULL, NULL));
	for (unsigned cpu = 0; cpu < cpu_count; cpu++)
		join(spawn(16, 1UL << cpu, look_down, NULL));
}

SET_DECLARE(const struct driver, driver);
SET_DECLARE(struct log_module, log_module);
SET_DECLARE(const struct fixup, fixup);
SET_DECLARE(const struct kernel_test, test);

static bool has_driver(const char *name)
{
	SET_FOR_EACH (const struct driver, driver, d)
		if (str_equal(d->name, name))
			return true;
	return false;
}

/* What MACHINE=qemu links: a driver that the linker dropped, or one too many, shows here. */
TEST(image, drivers_are_those_of_the_board)
{
	static const char *const aarch64[] = {"arm-timer", "psci",  "gicv2", "gicv3",
					      "pl011",	   "pl031", NULL};
	static const char *const riscv64[] = {"plic", "ns16550", "sbi-console", "goldfish-rtc",
					      NULL};
	static const char *const x86_64[] = {"ioapic", "ns16550",    "cmos", "pm-timer",
					     "pit",    "acpi-power", NULL};
	const char *const *wanted = str_equal(BUILD_ARCH, "aarch64")   ? aarch64
				    : str_equal(BUILD_ARCH, "riscv64") ? riscv64
								       : x86_64;
	unsigned count = 0;

	for (; wanted[count]; count++)
		if (!has_driver(wanted[count]))
			test_fail(wanted[count], __FILE__, __LINE__);
	CHECK(__set_driver_end - __set_driver_start == count);
	SET_FOR_EACH (const struct driver, driver, d) {
		CHECK(d->name && d->compatible && d->compatible[0] && d->probe);
		CHECK(d->phase <= DRIVER_OTHER);
		CHECK(driver_find(d->compatible[0], str_length(d->compatible[0])) == d);
	}
}

TEST(image, fixups_lie_in_the_text)
{
	unsigned count = 0;

	SET_FOR_EACH (const struct fixup, fixup, f) {
		uintptr_t from = (uintptr_t)&f->fault_pc + (intptr_t)f->fault_pc;
		uintptr_t to = (uintptr_t)&f->resume_pc + (intptr_t)f->resume_pc;

		CHECK(from >= (uintptr_t)__text_start && from < (uintptr_t)__text_end);
		CHECK(to >= (uintptr_t)__text_start && to < (uintptr_t)__text_end);
		count++;
	}
	CHECK(count >= 8);
}

TEST(image, sets_are_complete)
{
	unsigned modules = 0;

	SET_FOR_EACH (struct log_module, log_module, m) {
		CHECK(m->name && m->name[0] && str_length(m->name) < 16);
		CHECK(m->level == 0xff || m->level <= LOG_TRACE);
		modules++;
	}
	CHECK(modules >= 5);
	SET_FOR_EACH (const struct kernel_test, test, t)
		SET_FOR_EACH (const struct kernel_test, test, other)
			CHECK(t == other || !str_equal(t->name, other->name) ||
			      !str_equal(t->suite, other->suite));
}

TEST(image, no_set_can_be_written)
{
	uintptr_t start = (uintptr_t)__set_driver_start & ~PAGE_MASK;
	unsigned attrs;

	for (uintptr_t at = start; at < (uintptr_t)__rodata_end; at += PAGE_SIZE)
		CHECK(pagetable_query(at, NULL, &attrs) && !(attrs & (PAGE_WRITE | PAGE_EXEC)));
}
