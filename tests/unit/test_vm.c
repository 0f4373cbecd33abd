/* SPDX-License-Identifier: BSD-2-Clause */
// sources: mem/vm.c mem/vm_change.c mem/vm_dead.c mem/vm_fault.c mem/vm_source.c mem/vm_remap.c mem/vm_tree.c mem/pagetable.c mem/frame.c mem/heap.c lib/avl.c kernel/mutex.c kernel/inherit_hook.c kernel/spinlock.c lib/fmt.c lib/str.c arch/host/memory.c arch/host/single.c arch/host/stop.c
// flags: -Iinclude/arch/host -Iarch/host -Imem
#include <errno.h>

#include <base/bits.h>
#include <mem/boot_map.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/pagetable.h>
#include <mem/vm.h>

#include "fresh.h"
#include "host.h"
#include "vm_tree.h"

#define RW (PAGE_READ | PAGE_WRITE | PAGE_APP)
#define RX (PAGE_READ | PAGE_EXEC | PAGE_APP)
#define R  (PAGE_READ | PAGE_APP)
#define P  PAGE_SIZE

static uintptr_t first; /* free address */
static size_t start_frames;
unsigned cpu_count = 1;

uint64_t boot_pool_take(void)
{
	return 0;
}

static void setup(size_t frames)
{
	host_memory_reset(0x1000, 0x40000000);
	host_add_frames(0x40000000, frames * P);
	vm_init();
	first = (uintptr_t)__image_end;
	start_frames = frame_free_count();
}

/* The page's first word in physical memory, NULL if it is not filled. */
static uint64_t *word_of(uintptr_t va)
{
	uint64_t pa;

	return pagetable_query(va, &pa, NULL) ? linear_address(pa) : NULL;
}

/* Regions in order, without overlap, gaps and their summaries as they must be, counters right. */
static void check_tree(void)
{
	struct vm_node *prev = NULL;
	size_t count = 0, reserved = 0;

	CHECK(host_irqs_on);
	for (struct vm_node *node = vm_node_at(0); node; node = vm_node_next(node)) {
		uintptr_t gap = prev ? node->region.start - prev->region.end : 0, max = gap;

		CHECK(node->region.start < node->region.end && !node->dying);
		CHECK(!prev || prev->region.end <= node->region.start);
		CHECK(node->gap_before == gap);
		for (int side = 0; side < 2; side++)
			if (node->node.child[side])
				max = MAX(max,
					  CONTAINER_OF(node->node.child[side], struct vm_node, node)
						  ->gap_max);
		CHECK(node->gap_max == max);
		prev = node;
		count++;
		reserved += node->region.end - node->region.start;
	}
	CHECK(count == vm_region_count && reserved == vm_reserved);
}

static int map(uintptr_t *at, size_t pages, unsigned attrs, unsigned flags)
{
	return vm_map(at, pages * P, attrs, VM_ANON, flags, "memory");
}

FRESH_TEST(placing)
{
	uintptr_t a = 0, b = 0, c = first + 100 * P, d = first + 99 * P, e = 0;

	setup(1000);
	a = b = 0, c = first + 100 * P, d = first + 99 * P;
	CHECK(!map(&a, 3, RW, 0) && a == first);
	CHECK(!map(&b, 1, RX, 0) && b == first + 3 * P);
	CHECK(!map(&c, 10, RW, 0) && c == first + 100 * P);
	/* A hint where something is means anywhere. */
	CHECK(!map(&d, 2, RW, 0) && d == first + 4 * P);
	e = first + 99 * P;
	CHECK(map(&e, 2, RW, VM_FIXED) == -EEXIST);
	CHECK(!map(&e, 1, RW, VM_FIXED) && e == first + 99 * P);
	e = 0;
	CHECK(!map(&e, 94, RW, 0) && e == first + 110 * P);
	CHECK_IN(check_tree());
}

FRESH_TEST(bad_requests)
{
	uintptr_t at = 0;

	setup(1000);
	CHECK(vm_map(&at, 0, RW, VM_ANON, 0, "") == -EINVAL);
	CHECK(vm_map(&at, 100, RW, VM_ANON, 0, "") == -EINVAL);
	CHECK(vm_map(&at, P, PAGE_WRITE | PAGE_EXEC | PAGE_READ, VM_ANON, 0, "") == -EACCES);
	CHECK(vm_map(&at, ARCH_APP_END, RW, VM_ANON, 0, "") == -ENOMEM);
	CHECK(vm_map(&at, SIZE_MAX & ~(P - 1), RW, VM_ANON, 0, "") < 0);
	at = 0;
	CHECK(map(&at, 1, RW, VM_FIXED) == -ENOMEM);
	at = ARCH_APP_END - P;
	CHECK(map(&at, 2, RW, VM_FIXED) == -ENOMEM);
	at = 123;
	CHECK(map(&at, 1, RW, 0) == -EINVAL);
	at = ARCH_IMAGE_BASE;
	CHECK(map(&at, 1, RW, VM_FIXED) == -EEXIST);
	CHECK(map(&at, 1, RW, VM_FIXED_REPLACE) == -EINVAL);
	CHECK(vm_unmap(ARCH_IMAGE_BASE, P) == -EINVAL);
	CHECK(vm_unmap(first + 1, P) == -EINVAL);
	CHECK(vm_unmap(first, 0) == -EINVAL);
	CHECK(vm_unmap(first, SIZE_MAX & ~(P - 1)) == -EINVAL);
	CHECK(vm_unmap(ARCH_APP_END, P) == -EINVAL);
	CHECK(vm_protect(ARCH_IMAGE_BASE, P, RW) == -EACCES);
	CHECK(vm_protect(first, P, RW) == -ENOMEM);
	CHECK(vm_protect(first, SIZE_MAX & ~(P - 1), RW) == -ENOMEM);
	CHECK(vm_discard(first, P) == -ENOMEM);
	CHECK(vm_fault(0, PAGE_READ) == -EFAULT && vm_fault(first, PAGE_READ) == -EFAULT);
	CHECK(vm_fault(ARCH_IMAGE_BASE, PAGE_READ) == -EFAULT);
	CHECK(vm_fault(ARCH_APP_END, PAGE_READ) == -EFAULT && vm_fault(~0UL, PAGE_READ) == -EFAULT);
	CHECK_IN(check_tree());
	CHECK(frame_free_count() == start_frames);
}

/* Below the image nothing is placed by itself, but a program may ask for it. */
FRESH_TEST(below_the_image)
{
	uintptr_t low = 0x10000, at = 0;

	setup(1000);
	CHECK(!map(&low, 4, RW, VM_FIXED) && low == 0x10000);
	CHECK_IN(check_tree());
	CHECK(!vm_unmap(low, 4 * P));
	CHECK_IN(check_tree());
	CHECK(!map(&at, 1, RW, 0) && at == first);
}

FRESH_TEST(pages_come_when_they_are_touched)
{
	uintptr_t at = 0;

	setup(1000);
	CHECK(!map(&at, 10, R, 0));
	CHECK(!word_of(at) && vm_resident == 0);
	CHECK(vm_fault(at + 5 * P + 17, PAGE_WRITE) == -EFAULT);
	CHECK(vm_fault(at + 5 * P + 17, PAGE_EXEC) == -EFAULT);
	CHECK(!vm_fault(at + 5 * P + 17, PAGE_READ));
	CHECK(word_of(at + 5 * P) && !word_of(at + 4 * P) && !word_of(at + 6 * P) &&
	      vm_resident == 1);
	CHECK(*word_of(at + 5 * P) == 0);
	/* Another CPU was faster. */
	host_tlb_flushes = 0;
	CHECK(!vm_fault(at + 5 * P, PAGE_READ) && host_tlb_flushes == 1 && vm_resident == 1);
}

FRESH_TEST(memory_may_be_out)
{
	uintptr_t at = 0, other = 0;
	size_t filled = 0;

	setup(60);
	CHECK(map(&at, 1000, RW, VM_EAGER) == -ENOMEM);
	CHECK(vm_resident == 0);
	CHECK(!vm_find(first, false, &(struct vm_region){0}));
	CHECK_IN(check_tree());
	at = 0;
	CHECK(!map(&at, 1000, RW, 0));
	while (!vm_fault(at + filled * P, PAGE_WRITE))
		filled++;
	CHECK(filled > 40 && vm_fault(at + filled * P, PAGE_WRITE) == -ENOMEM);
	CHECK(vm_map_stack(&other, 4 * P, 2 * P) == -ENOMEM);
	CHECK(vm_remap(&at, 1000 * P, 0x10000 * P, true) == -ENOMEM || at);
	CHECK(!vm_unmap(at, 0x10000 * P));
	CHECK(vm_resident == 0);
	CHECK(frame_free_count() + pagetable_frames() == start_frames);
}

FRESH_TEST(kernel_stacks_have_a_guard_that_stays)
{
	uintptr_t bottom, fixed;
	struct vm_region region;

	setup(1000);
	CHECK(!vm_map_stack(&bottom, 16384, 8192));
	CHECK((bottom & 16383) == 8192);
	CHECK(word_of(bottom) && word_of(bottom + P) && !word_of(bottom - P) &&
	      !word_of(bottom + 2 * P));
	CHECK(vm_fault(bottom - 8, PAGE_WRITE) == -EFAULT && !word_of(bottom - P));
	CHECK(vm_find(bottom, false, &region) && region.start == bottom - 8192 &&
	      region.end == bottom + 8192 && region.kind == VM_KERNEL_STACK);
	CHECK(vm_protect(bottom, P, R) == -ENOMEM);
	CHECK(vm_discard(bottom, P) == -ENOMEM);
	/* It is not the program's to give back, alone or with what is around it. */
	CHECK(vm_unmap(bottom, P) == -EINVAL && vm_unmap(bottom - 16384, 65536) == -EINVAL);
	fixed = bottom;
	CHECK(map(&fixed, 1, RW, VM_FIXED_REPLACE) == -EINVAL);
	CHECK(vm_populate(bottom - 8192, P) == -EFAULT && word_of(bottom));
	vm_unmap_stack(bottom - 8192, 16384);
	CHECK(vm_resident == 0 && !vm_find(bottom, false, &region));
	CHECK_IN(check_tree());
}

/* The instructions of pages that nobody touched yet are not looked at. */
FRESH_TEST(code_that_is_partly_there)
{
	uintptr_t at = 0;

	setup(1000);
	CHECK(!map(&at, 200, RW, 0));
	CHECK(!vm_fault(at + 3 * P, PAGE_WRITE) && !vm_fault(at + 100 * P, PAGE_WRITE));
	CHECK(!vm_protect(at, 200 * P, RX));
	CHECK(vm_fault(at + 3 * P, PAGE_WRITE) == -EFAULT);
	CHECK(!vm_fault(at + 3 * P, PAGE_EXEC) && !vm_fault(at + 4 * P, PAGE_EXEC));
	CHECK(vm_protect(at, P, RW | PAGE_EXEC) == -EACCES);
}

/* What is unmapped is forgotten by all CPUs before its frames are anybody's. */
FRESH_TEST(the_tlb_is_told)
{
	uintptr_t at = 0;

	setup(1000);
	CHECK(!map(&at, 4, RW, VM_EAGER));
	host_tlb_flushes = 0;
	CHECK(!vm_protect(at, 2 * P, R));
	CHECK(host_tlb_flushes && host_tlb_va == at && host_tlb_size == 2 * P);
	host_tlb_flushes = 0;
	CHECK(!vm_discard(at + P, P));
	CHECK(host_tlb_flushes && host_tlb_va == at + P && host_tlb_size == P);
	host_tlb_flushes = 0;
	CHECK(!vm_unmap(at, 4 * P));
	/* Two regions, of which the second has the lower half of its pages. */
	CHECK(host_tlb_flushes == 2 && host_tlb_va == at + 2 * P && host_tlb_size == 2 * P);
}

/* With other CPUs that lag: addresses and frames are not used again before they have caught up. */
FRESH_TEST(the_dead_keep_what_they_had)
{
	uintptr_t at = 0, other = 0, fixed;
	struct vm_region region;
	uint64_t *old;

	setup(1000);
	cpu_count = 4;
	host_tlb_lags = true;
	CHECK(!map(&at, 4, RW, VM_EAGER) && (old = word_of(at)));
	*old = 7;
	host_tlb_flushes = 0;
	CHECK(!vm_unmap_later(at, 4 * P));
	CHECK(host_tlb_flushes == 1 && host_tlb_va == at && host_tlb_size == 4 * P);
	/* Here it is gone. */
	CHECK(vm_fault(at, PAGE_READ) == -EFAULT && !vm_find(at, false, &region));
	CHECK(!vm_find(at, true, &region) || region.start > at);
	CHECK(vm_free_frames() - frame_free_count() == 4);
	/* Elsewhere it may not be: the frames keep their contents, and the addresses are taken. */
	CHECK(!map(&other, 4, RW, VM_EAGER) && other != at && *old == 7);
	CHECK(vm_resident == 8);
	/* Who has caught up: the next change lets go of it. */
	host_tlb_done = host_tlb_newest;
	CHECK(!vm_unmap(other, P) && vm_free_frames() - frame_free_count() == 1);
	/* Who wants the addresses waits. */
	fixed = other;
	CHECK(host_tlb_done < host_tlb_newest && !map(&fixed, 1, RW, VM_FIXED));
	CHECK(host_tlb_done == host_tlb_newest && !vm_unmap(other, 4 * P));
	fixed = other;
	CHECK(!map(&fixed, 4, R, VM_FIXED_REPLACE) && !vm_unmap(fixed, 4 * P));
	CHECK(vm_protect(other, P, R) == -ENOMEM && vm_discard(other, P) == -ENOMEM);
	CHECK(!map(&at, 100, RW, VM_EAGER) && !vm_remap(&at, 100 * P, 80 * P, false));
	CHECK(vm_free_frames() - frame_free_count() == 20);
	CHECK(!vm_remap(&at, 80 * P, 100 * P, false) && host_tlb_done == host_tlb_newest);
	CHECK(!vm_unmap(at, 100 * P));
	vm_settle();
	CHECK(!vm_resident && frame_free_count() + pagetable_frames() == start_frames);
	check_tree();
}

/* The dead are few, and give way where memory is out. */
FRESH_TEST(the_dead_are_bounded)
{
	uintptr_t all = 0, at;

	setup(1000);
	cpu_count = 4;
	host_tlb_lags = true;
	for (int i = 0; i < 500; i++) {
		at = 0;
		CHECK(!map(&at, 1 + i % 3, RW, VM_EAGER) && !vm_unmap_later(at, (1 + i % 3) * P));
		CHECK(vm_free_frames() - frame_free_count() <= 1000 / 32);
	}
	vm_settle();
	at = 0;
	CHECK(!map(&at, 30, RW, VM_EAGER) && !vm_unmap(at, 30 * P));
	CHECK(vm_free_frames() - frame_free_count() >= 30);
	CHECK(!map(&all, 2000, RW, 0));
	/* They have not caught up: that is all there is. */
	for (at = all; !vm_fault(at, PAGE_WRITE);)
		at += P;
	CHECK(vm_fault(at, PAGE_WRITE) == -ENOMEM && vm_free_frames() >= 30);
	host_tlb_done = host_tlb_newest;
	for (int i = 0; i < 30; i++, at += P)
		CHECK(!vm_fault(at, PAGE_WRITE));
	CHECK(vm_fault(at + P, PAGE_WRITE) == -ENOMEM || !vm_free_frames());
	CHECK(!vm_unmap(all, 2000 * P)); /* scarce: at once */
	CHECK(vm_free_frames() == frame_free_count());
	vm_settle();
	CHECK(!vm_resident && frame_free_count() + pagetable_frames() == start_frames);
	check_tree();
}

FRESH_TEST(moving_keeps_the_contents_and_the_rights)
{
	uintptr_t at = 0, wall = 0;
	struct vm_region region;

	setup(4000);
	CHECK(!map(&at, 1000, RW, 0));
	wall = at + 1000 * P;
	CHECK(!map(&wall, 1, R, VM_FIXED));
	for (size_t i = 0; i < 1000; i += 3) {
		CHECK(!vm_fault(at + i * P, PAGE_WRITE));
		*word_of(at + i * P) = i + 1;
	}
	CHECK(vm_remap(&at, 1000 * P, 1001 * P, false) == -ENOMEM);
	CHECK(!vm_remap(&at, 1000 * P, 1500 * P, true) && at != first);
	for (size_t i = 0; i < 1500; i++)
		CHECK(i < 1000 && i % 3 == 0 ? word_of(at + i * P) && *word_of(at + i * P) == i + 1
					     : !word_of(at + i * P));
	CHECK(!vm_find(first, false, &region));
	CHECK(vm_resident == 334);
	/* A region that may not be read stays one. */
	CHECK(!vm_protect(at, 1500 * P, PAGE_NONE));
	CHECK(!vm_remap(&at, 1500 * P, 3000 * P, true));
	CHECK(vm_fault(at + P, PAGE_READ) == -EFAULT &&
	      vm_fault(at + 2500 * P, PAGE_READ) == -EFAULT);
	CHECK(*word_of(at + 3 * P) == 4);
	CHECK_IN(check_tree());
	CHECK(!vm_unmap(at, 3000 * P) && vm_resident == 0);
}

FRESH_TEST(remapping_what_is_not_there)
{
	uintptr_t at = 0, bad;

	setup(1000);
	CHECK(!map(&at, 4, RW, 0));
	bad = at;
	CHECK(vm_remap(&bad, 5 * P, 6 * P, true) == -EFAULT);
	bad = at + 4 * P;
	CHECK(vm_remap(&bad, P, 2 * P, true) == -EFAULT);
	bad = ARCH_IMAGE_BASE;
	CHECK(vm_remap(&bad, P, 2 * P, true) == -EINVAL);
	CHECK(!vm_remap(&at, 4 * P, 4 * P, false));
	CHECK(!vm_remap(&at, 4 * P, 2 * P, false));
	CHECK(vm_fault(at + 2 * P, PAGE_READ) == -EFAULT && !vm_fault(at + P, PAGE_READ));
}

#include "vm_model.h"
