/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second half of test_vm.c: random operations on a window of addresses, against an array that
 * has one element for each page. Placing is first fit, so the array says what every operation must
 * do.
 */

#define WINDOW 700

static struct page {
	bool reserved, filled;
	unsigned attrs;
	uint64_t content;
} pages[WINDOW];
static uint64_t model_seed, next_content;
static uint64_t hoard; /* frames taken away, chained by their first words */

static uint64_t pick(uint64_t limit)
{
	return unit_random(&model_seed) % limit;
}

static bool all_free(size_t at, size_t count)
{
	for (size_t i = at; i < at + count; i++)
		if (i >= WINDOW || pages[i].reserved)
			return false;
	return true;
}

static bool all_reserved(size_t at, size_t count)
{
	for (size_t i = at; i < at + count; i++)
		if (!pages[i].reserved)
			return false;
	return true;
}

static size_t first_fit(size_t count)
{
	for (size_t at = 0; at + count <= WINDOW; at++)
		if (all_free(at, count))
			return at;
	return WINDOW;
}

static void clear(size_t at, size_t count)
{
	memset(&pages[at], 0, count * sizeof(pages[0]));
}

static void reserve(size_t at, size_t count, unsigned attrs, bool filled)
{
	clear(at, count);
	for (size_t i = at; i < at + count; i++)
		pages[i] = (struct page){true, filled, attrs, 0};
}

/* With memory out, an operation may be refused; then nothing has changed. */
static bool refused(int error)
{
	return hoard && error == -ENOMEM;
}

static void model_map(size_t at, size_t count, unsigned attrs)
{
	static const unsigned kinds[] = {0, 0, VM_FIXED, VM_FIXED_REPLACE, VM_EAGER};
	unsigned flags = kinds[pick(hoard ? 4 : 5)];
	uintptr_t address = pick(2) || flags & (VM_FIXED | VM_FIXED_REPLACE) ? first + at * P : 0;
	size_t expected = address && all_free(at, count) ? at : first_fit(count);
	int error, wanted = 0;

	if (!(attrs & PAGE_READ))
		flags &= ~VM_EAGER;
	if (flags & VM_FIXED && !all_free(at, count))
		wanted = -EEXIST;
	else if (flags & VM_FIXED_REPLACE)
		expected = at;
	else if (expected == WINDOW)
		wanted = -ENOMEM;
	error = map(&address, count, attrs, flags);
	if (refused(error))
		return;
	CHECK(error == wanted);
	if (error)
		return;
	CHECK(address == first + expected * P);
	reserve(expected, count, attrs, flags & VM_EAGER);
}

static void model_unmap(size_t at, size_t count)
{
	int error = vm_unmap_later(first + at * P, count * P);

	if (refused(error))
		return;
	CHECK(!error);
	clear(at, count);
}

static void model_protect(size_t at, size_t count, unsigned attrs)
{
	int error = vm_protect(first + at * P, count * P, attrs);

	if (refused(error))
		return;
	CHECK(error == (all_reserved(at, count) ? 0 : -ENOMEM));
	for (size_t i = at; !error && i < at + count; i++)
		pages[i].attrs = attrs;
}

static void model_discard(size_t at, size_t count)
{
	int error = vm_discard(first + at * P, count * P);

	CHECK(error == (all_reserved(at, count) ? 0 : -ENOMEM));
	for (size_t i = at; !error && i < at + count; i++) {
		pages[i].filled = false;
		pages[i].content = 0;
	}
}

static void model_touch(size_t at, unsigned access)
{
	struct page *page = &pages[at];
	int error = vm_fault(first + at * P + pick(P), access);

	if (refused(error))
		return;
	CHECK(error == (page->reserved && page->attrs & access ? 0 : -EFAULT));
	if (error)
		return;
	CHECK(word_of(first + at * P) && *word_of(first + at * P) == page->content);
	page->filled = true;
	if (access == PAGE_WRITE)
		*word_of(first + at * P) = page->content = ++next_content;
}

/* Only what the tree keeps as one region can be moved. */
static void model_remap(size_t at, size_t count, size_t new_count)
{
	static struct page old[WINDOW];
	struct vm_region region;
	uintptr_t address = first + at * P;
	bool may_move = pick(2), whole, grows = new_count > count;
	size_t to = at;
	int error, wanted = 0;

	whole = vm_find(address, false, &region) && region.end - address >= count * P;
	if (!whole)
		wanted = -EFAULT;
	else if (grows && !all_free(at + count, new_count - count))
		to = may_move ? first_fit(new_count) : WINDOW;
	if (to == WINDOW)
		wanted = -ENOMEM;
	error = vm_remap(&address, count * P, new_count * P, may_move);
	CHECK(error == wanted);
	if (error)
		return;
	CHECK(address == first + to * P);
	memcpy(old, &pages[at], count * sizeof(old[0]));
	clear(at, count);
	reserve(to, new_count, old[0].attrs, false);
	memcpy(&pages[to], old, MIN(count, new_count) * sizeof(old[0]));
}

static void check_pages(void)
{
	size_t filled = 0;

	for (size_t i = 0; i < WINDOW; i++) {
		struct vm_region region;
		uintptr_t at = first + i * P;
		unsigned attrs = 0;

		CHECK(vm_find(at, false, &region) == pages[i].reserved);
		CHECK(pagetable_query(at, NULL, &attrs) == pages[i].filled);
		if (!pages[i].reserved)
			continue;
		CHECK(region.start <= at && at < region.end && region.attrs == pages[i].attrs);
		if (pages[i].filled) {
			CHECK(attrs == pages[i].attrs && *word_of(at) == pages[i].content);
			filled++;
		}
	}
	CHECK(vm_resident == filled);
}

static void take_all_frames(void)
{
	uint64_t pa;

	while ((pa = frame_alloc())) {
		*(uint64_t *)linear_address(pa) = hoard;
		hoard = pa;
	}
}

static void give_frames_back(void)
{
	while (hoard) {
		uint64_t pa = hoard;

		hoard = *(uint64_t *)linear_address(pa);
		frame_free(pa);
	}
}

static void model_step(void)
{
	static const unsigned rights[] = {PAGE_NONE, R, RW, RW, RX};
	size_t at = pick(WINDOW), count = 1 + pick(pick(4) ? 8 : 150);
	unsigned attrs = rights[pick(5)], access = 1u << pick(3);

	count = MIN(count, WINDOW - at);
	switch (pick(12)) {
	case 0:
	case 1:
		model_map(at, count, attrs);
		break;
	case 2:
		model_unmap(at, count);
		break;
	case 3:
		model_protect(at, count, attrs);
		break;
	case 4:
		model_discard(at, MIN(count, (size_t)4));
		break;
	case 5:
		if (!hoard)
			model_remap(at, count, MIN(1 + pick(2 * count), WINDOW - at));
		break;
	default:
		model_touch(at, access);
	}
}

static void model_run(int steps)
{
	uintptr_t wall = first + WINDOW * P;

	CHECK(!vm_map(&wall, ARCH_APP_END - wall, 0, VM_GUARD, VM_FIXED, "wall"));
	host_tlb_lags = true;
	for (int step = 0; step < steps; step++) {
		cpu_count = 1 + step / 700 % 2;
		CHECK_IN(model_step());
		vm_settle(); /* the array knows of no addresses that are kept */
		if (step % 64 == 0)
			CHECK_IN(check_tree());
		if (step % 512 == 0)
			CHECK_IN(check_pages());
		/* One tenth of the time memory is out. */
		if (step % 2000 == 1800)
			take_all_frames();
		if (step % 2000 == 0)
			give_frames_back();
	}
	give_frames_back();
	CHECK_IN(check_pages());
	CHECK(!vm_unmap(first, ARCH_APP_END - first));
	vm_settle();
	CHECK_IN(check_tree());
	CHECK(vm_resident == 0 && vm_region_count == 2);
	CHECK(frame_free_count() + pagetable_frames() == start_frames);
}

#define RANDOM_TEST(n)                                                                             \
	FRESH_TEST(random_use_is_as_in_the_model_##n)                                              \
	{                                                                                          \
		setup(4000);                                                                       \
		model_seed = n;                                                                    \
		CHECK_IN(model_run(40000));                                                        \
	}

RANDOM_TEST(1)
RANDOM_TEST(2)
RANDOM_TEST(3)
RANDOM_TEST(4)
