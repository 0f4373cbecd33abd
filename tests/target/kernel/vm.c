/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions, faults and copies of the application's memory. */
#include <arch/user.h>
#include <mem/kstack.h>
#include <mem/linear.h>
#include <mem/pagetable.h>
#include <mem/user.h>
#include <mem/vm.h>

#include "suite.h"

#define R  (PAGE_READ | PAGE_APP)
#define RW (R | PAGE_WRITE)
#define RX (R | PAGE_EXEC)
#define P  PAGE_SIZE

static int map(uintptr_t *at, size_t pages, unsigned attrs)
{
	*at = 0;
	return vm_map(at, pages * P, attrs, VM_ANON, 0, "test");
}

TEST(vm, pages_come_when_they_are_touched)
{
	uintptr_t at;
	uint64_t value = 1;

	CHECK(!map(&at, 8, RW));
	for (int i = 0; i < 8; i++)
		CHECK(!pagetable_query(at + (size_t)i * P, NULL, NULL));
	CHECK(!arch_user_load64((uint64_t *)(at + 3 * P + 8), &value) && value == 0);
	CHECK(pagetable_query(at + 3 * P, NULL, NULL) && !pagetable_query(at + 4 * P, NULL, NULL));
	CHECK(!user_zero((void *)(at + 4 * P - 100), 200));
	CHECK(pagetable_query(at + 4 * P, NULL, NULL));
	CHECK(!vm_unmap(at, 8 * P));
	CHECK(arch_user_load64((uint64_t *)(at + 3 * P), &value) == -EFAULT);
}

TEST(vm, contents_survive_changes_of_rights)
{
	uintptr_t at;
	uint32_t value = 0, expected = 0x1234;

	CHECK(!map(&at, 2, RW));
	CHECK(!arch_user_store32((uint32_t *)at, 0x1234));
	CHECK(!vm_protect(at, P, R));
	CHECK(arch_user_store32((uint32_t *)at, 5) == -EFAULT);
	CHECK(arch_user_cmpxchg32((uint32_t *)at, &expected, 5) == -EFAULT);
	CHECK(!arch_user_load32((uint32_t *)at, &value) && value == 0x1234);
	CHECK(!vm_protect(at, 2 * P, PAGE_NONE));
	CHECK(arch_user_load32((uint32_t *)at, &value) == -EFAULT);
	CHECK(!vm_protect(at, 2 * P, RW));
	CHECK(!arch_user_cmpxchg32((uint32_t *)at, &expected, 5));
	CHECK(!arch_user_load32((uint32_t *)at, &value) && value == 5);
	expected = 77;
	CHECK(!arch_user_cmpxchg32((uint32_t *)at, &expected, 6) && expected == 5);
	CHECK(!vm_discard(at, P));
	CHECK(!arch_user_load32((uint32_t *)at, &value) && value == 0);
	CHECK(!vm_unmap(at, 2 * P));
}

/* Also where some of its pages were never touched. */
TEST(vm, memory_becomes_executable)
{
	uintptr_t at;

	CHECK(!map(&at, 100, RW));
	CHECK(!arch_user_store32((uint32_t *)(at + 2 * P), 1));
	CHECK(!arch_user_store32((uint32_t *)(at + 99 * P), 1));
	CHECK(!vm_protect(at, 100 * P, RX));
	CHECK(arch_user_store32((uint32_t *)(at + 2 * P), 1) == -EFAULT);
	CHECK(arch_user_store32((uint32_t *)(at + 3 * P), 1) == -EFAULT);
	CHECK(vm_protect(at, P, RW | PAGE_EXEC) == -EACCES);
	CHECK(!vm_unmap(at, 100 * P));
}

TEST(vm, moving_keeps_contents)
{
	uintptr_t at, wall;
	uint32_t value;

	CHECK(!map(&at, 20, RW));
	wall = at + 20 * P;
	CHECK(!vm_map(&wall, P, PAGE_NONE, VM_GUARD, VM_FIXED, "wall"));
	for (uint32_t i = 0; i < 20; i += 2)
		CHECK(!arch_user_store32((uint32_t *)(at + i * P), i + 1));
	CHECK(!vm_remap(&at, 20 * P, 1000 * P, true));
	for (uint32_t i = 0; i < 20; i++) {
		CHECK(!arch_user_load32((uint32_t *)(at + i * P), &value));
		CHECK(value == (i % 2 ? 0 : i + 1));
	}
	CHECK(!vm_unmap(at, 1000 * P) && !vm_unmap(wall, P));
}

/* Copies up to each byte before and behind a border. */
TEST(vm, copies_end_at_holes)
{
	static char buffer[160];
	uintptr_t at;

	CHECK(!map(&at, 3, RW));
	CHECK(!vm_unmap(at + P, P));
	for (size_t size = 0; size < 80; size++) {
		for (size_t over = 0; over <= size && over < 40; over++) {
			char *user = (char *)(at + P - size + over);
			int expected = over ? -EFAULT : 0;

			CHECK(user_copy_out(user, buffer, size) == expected);
			CHECK(user_copy_in(buffer, user, size) == expected);
			CHECK(user_zero(user, size) == expected);
		}
		CHECK(!user_copy_out((char *)at + 2 * P, buffer, size));
	}
	CHECK(!vm_unmap(at, 3 * P));
}

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 37 + (i >> 8) + 1);
}

/*
 * A hole in the source or in the target, `over` bytes of the copy in it: the count is that of what
 * is missing, all else was copied, and nothing besides.
 */
static void copy_into_hole(uint8_t *edge, size_t shift, size_t size, size_t over)
{
	static uint8_t buffer[640];
	uint8_t *user = edge - (size - over), *own = buffer + 8 + shift;

	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = pattern(i);
	for (uint8_t *at = user - 16; at < edge; at++)
		*at = 0xee;
	CHECK(arch_user_copy(user, own, size) == over);
	for (size_t i = 0; i < size - over; i++)
		CHECK(user[i] == own[i]);
	for (size_t i = 1; i <= 16; i++)
		CHECK(user[-(long)i] == 0xee);
	for (size_t i = 0; i < size - over; i++)
		user[i] = (uint8_t)~own[i];
	CHECK(arch_user_copy(own, user, size) == over);
	for (size_t i = 0; i < sizeof(buffer); i++) {
		size_t at = i - 8 - shift;

		CHECK(buffer[i] == (uint8_t)(at < size - over ? ~pattern(i) : pattern(i)));
	}
	CHECK(arch_user_zero(user, size) == over);
	for (size_t i = 0; i < size - over; i++)
		CHECK(user[i] == 0);
}

/* Each place in a large step, in a small one and in the rest, for each way to be out of line. */
TEST(vm, copies_say_what_is_missing)
{
	uintptr_t at;

	CHECK(!map(&at, 3, RW));
	CHECK(!user_zero((void *)at, P));
	CHECK(!vm_unmap(at + P, P));
	for (size_t shift = 0; shift < 16; shift++)
		for (size_t size = 0; size < 580; size = size < 24 ? size + 1 : size * 2 + 1)
			for (size_t over = 0; over <= size; over += size < 100 ? 1 : 7)
				CHECK_IN(copy_into_hole((uint8_t *)at + P, shift, size, over));
	CHECK(!vm_unmap(at, 3 * P));
}

TEST(vm, copies_are_exact)
{
	static uint8_t from[200], to[200];
	uintptr_t at;

	CHECK(!map(&at, 1, RW));
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 7 + 1);
	for (size_t shift = 0; shift < 17; shift++) {
		for (size_t size = 0; size < 130; size++) {
			CHECK(!user_zero((void *)at, sizeof(to)));
			CHECK(!user_copy_out((char *)at + shift, from, size));
			CHECK(!user_copy_in(to, (void *)at, sizeof(to)));
			for (size_t i = 0; i < sizeof(to); i++)
				CHECK(to[i] == (i - shift < size ? from[i - shift] : 0));
			CHECK(!user_copy_in(to, (char *)at + shift, size));
			for (size_t i = 0; i < size; i++)
				CHECK(to[i] == from[i]);
		}
	}
	CHECK(!vm_unmap(at, P));
}

TEST(vm, strings_may_end_before_a_hole)
{
	char text[100];
	uintptr_t at;

	CHECK(!map(&at, 2, RW));
	CHECK(!vm_unmap(at + P, P));
	for (size_t length = 0; length < 70; length++) {
		char *user = (char *)(at + P - length - 1);

		CHECK(!user_copy_out(
			user,
			"0123456789012345678901234567890123456789012345678901234567890123456789",
			length));
		CHECK(!user_zero(user + length, 1));
		CHECK(user_copy_string(text, user, sizeof(text)) == (long)length);
		CHECK(user_copy_string(text, user, length) == -ENAMETOOLONG);
		CHECK(user_copy_string(text, user, length + 1) == (long)length);
		CHECK(!user_copy_out(user + length, "x", 1));
		CHECK(user_copy_string(text, user, sizeof(text)) == -EFAULT);
	}
	CHECK(!vm_unmap(at, P));
}

TEST(vm, bad_pointers_are_refused)
{
	static const uintptr_t bad[] = {0,
					8,
					P - 1,
					ARCH_APP_END,
					ARCH_APP_END - 4,
					~0UL,
					~0UL - 100,
					ARCH_LINEAR_BASE,
					ARCH_LINEAR_BASE + 0x40000000,
					1UL << 63};
	static const char constant[] = "constant";
	char buffer[16];
	uint64_t value;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK(user_copy_in(buffer, (void *)bad[i], 16) == -EFAULT);
		CHECK(user_copy_out((void *)bad[i], buffer, 16) == -EFAULT);
		CHECK(user_zero((void *)bad[i], 16) == -EFAULT);
		CHECK(user_copy_string(buffer, (void *)bad[i], 16) == -EFAULT);
	}
	CHECK(!user_copy_in(buffer, constant, 8));
	CHECK(user_copy_out((void *)constant, buffer, 8) == -EFAULT);
	CHECK(user_copy_out((void *)(uintptr_t)vm_map, buffer, 8) == -EFAULT);
	CHECK(!user_peek(0, &value) && !user_peek(1, &value) && !user_peek(~7UL, &value));
}

/*
 * The page below a stack is not there, and a stray access by the program does not make it appear.
 */
TEST(vm, kernel_stacks_have_guards)
{
	uintptr_t own = (uintptr_t)thread_current() & ~(KSTACK_SIZE - 1);
	uint64_t value;

	CHECK(pagetable_query(own, NULL, NULL) && pagetable_query(own + P, NULL, NULL));
	CHECK(!pagetable_query(own - 1, NULL, NULL) &&
	      !pagetable_query(own - KSTACK_SIZE, NULL, NULL));
	CHECK(arch_user_load64((uint64_t *)(own - 8), &value) == -EFAULT);
	CHECK(!pagetable_query(own - 1, NULL, NULL));
	for (unsigned i = 0; i < cpu_count; i++) {
		const struct cpu *cpu = cpu_list[i];
		uintptr_t idle = (uintptr_t)cpu->idle & ~(KSTACK_SIZE - 1);

		CHECK(pagetable_query(cpu->irq_stack_top - 1, NULL, NULL));
		CHECK(!pagetable_query(cpu->irq_stack_top - KSTACK_SMALL - 1, NULL, NULL));
		CHECK(pagetable_query(cpu->emergency_top - 1, NULL, NULL));
		CHECK(!pagetable_query(cpu->emergency_top - KSTACK_SMALL - 1, NULL, NULL));
		CHECK(pagetable_query(idle, NULL, NULL) && !pagetable_query(idle - 1, NULL, NULL));
	}
}

/* What munmap(), mmap(MAP_FIXED), mlock() and madvise() of a program come to. */
TEST(vm, kernel_stacks_are_out_of_reach)
{
	uintptr_t own = (uintptr_t)thread_current() & ~(KSTACK_SIZE - 1), at = own;

	CHECK(vm_unmap(own, KSTACK_SIZE) == -EINVAL);
	CHECK(vm_unmap(own - KSTACK_SIZE, 2 * KSTACK_SIZE) == -EINVAL);
	CHECK(vm_map(&at, KSTACK_SIZE, PAGE_READ, VM_ANON, VM_FIXED_REPLACE, "no") == -EINVAL);
	CHECK(vm_populate(own - P, P) == -EFAULT && !pagetable_query(own - 1, NULL, NULL));
}

static struct {
	uintptr_t at;
	uint32_t
		/* the page is unmapped, or read-only: said before the toucher's next access */
		gone;
	uint32_t ready;
	bool writes;
} shot;

/* Once it was told, no access may succeed: no CPU still has the old translation. */
static void toucher(void *arg)
{
	(void)arg;
	for (;;) {
		uint32_t gone = __atomic_load_n(&shot.gone, __ATOMIC_ACQUIRE), value;
		int error = shot.writes ? arch_user_store32((uint32_t *)shot.at, 7)
					: arch_user_load32((uint32_t *)shot.at, &value);

		EXPECT(!gone || error == -EFAULT);
		if (error)
			return;
		__atomic_store_n(&shot.ready, 1, __ATOMIC_RELEASE);
		if (cpu_count == 1)
			thread_yield();
	}
}

static void shoot(unsigned cpu, bool writes)
{
	int32_t id;

	CHECK(!map(&shot.at, 1, RW));
	shot.gone = shot.ready = 0;
	shot.writes = writes;
	id = spawn(16, 1UL << cpu, toucher, NULL);
	while (!__atomic_load_n(&shot.ready, __ATOMIC_ACQUIRE))
		thread_yield();
	EXPECT(writes ? !vm_protect(shot.at, P, R) : !vm_unmap(shot.at, P));
	__atomic_store_n(&shot.gone, 1, __ATOMIC_RELEASE);
	join(id);
	CHECK(!vm_unmap(shot.at, P));
}

TEST(vm, other_cpus_forget_translations)
{
	for (unsigned from = 0; from < cpu_count; from++) {
		go_to_cpu(from);
		for (int i = 0; i < 12; i++)
			CHECK_IN(shoot((from + 1) % cpu_count, i & 1));
	}
}

static void churn(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	for (uint32_t i = 0; i < 40; i++) {
		size_t pages = 1 + next_random(&state) % 40, at_page = next_random(&state) % pages;
		uint32_t value = 1;
		uintptr_t at;

		if (map(&at, pages, RW)) {
			EXPECT(false);
			return;
		}
		EXPECT(!arch_user_load32((uint32_t *)(at + at_page * P), &value) && value == 0);
		EXPECT(!arch_user_store32((uint32_t *)(at + at_page * P), i));
		if (i % 3 == 0)
			EXPECT(!vm_protect(at, (at_page + 1) * P, R));
		if (i % 5 == 0)
			thread_yield();
		EXPECT(!arch_user_load32((uint32_t *)(at + at_page * P), &value) && value == i);
		EXPECT(!vm_unmap(at, pages * P));
	}
}

TEST(vm, all_cpus_at_once)
{
	int32_t ids[6];

	for (uintptr_t i = 0; i < 6; i++)
		ids[i] = spawn(8, 0, churn, (void *)(i + 1));
	for (int i = 0; i < 6; i++)
		join(ids[i]);
}
