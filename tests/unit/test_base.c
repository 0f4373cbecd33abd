/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/bits.c lib/relr.c
/* The small headers: list, bits, endian, guard, compiler, relr. */
#include <base/bits.h>
#include <base/endian.h>
#include <base/guard.h>
#include <base/list.h>
#include <base/relr.h>

#include "unit.h"

struct item {
	int number;
	struct list list;
};

/* The numbers on a list as one decimal number; -1 if the links back do not match. */
static long content(struct list *head)
{
	long sum = 0;

	LIST_FOR_EACH (struct item, item, head, list) {
		if (item->list.prev->next != &item->list || item->list.next->prev != &item->list)
			return -1;
		sum = sum * 10 + item->number;
	}
	return sum;
}

TEST(list)
{
	struct list a = LIST_INIT(a), b;
	struct item items[6] = {{0, {0, 0}}};

	list_init(&b);
	for (int i = 1; i < 6; i++) {
		items[i].number = i;
		list_init(&items[i].list);
	}
	CHECK(list_empty(&a) && !list_pop_front(&a) && content(&a) == 0);
	list_push_back(&a, &items[1].list);
	list_push_back(&a, &items[2].list);
	list_push_front(&a, &items[3].list);
	CHECK(content(&a) == 312 && LIST_FIRST(&a, struct item, list)->number == 3);
	list_insert_before(&items[1].list, &items[4].list);
	CHECK(content(&a) == 3412);
	list_remove(&items[1].list);
	list_remove(&items[1].list);
	CHECK(content(&a) == 342 && list_empty(&items[1].list));
	list_splice(&b, &a);
	CHECK(list_empty(&a) && content(&b) == 342);
	list_splice(&b, &a);
	CHECK(content(&b) == 342);
	list_push_back(&a, &items[1].list);
	list_push_back(&a, &items[5].list);
	list_splice(&a, &b);
	CHECK(content(&a) == 15342 && list_empty(&b));
	LIST_FOR_EACH_SAFE (struct item, item, &a, list)
		if (item->number & 1)
			list_remove(&item->list);
	CHECK(content(&a) == 42);
	CHECK(LIST_ENTRY(list_pop_front(&a), struct item, list) == &items[4] && content(&a) == 2);
}

TEST(alignment)
{
	CHECK(align_up(0, 4096) == 0 && align_up(1, 4096) == 4096 && align_up(4096, 4096) == 4096);
	CHECK(align_down(4097, 4096) == 4096 && align_down(4095, 4096) == 0);
	CHECK(align_up(UINTPTR_MAX, 16) == 0);
	CHECK(is_aligned(32, 16) && !is_aligned(33, 16) && is_aligned(33, 1));
	CHECK(is_pow2(1) && is_pow2(UINT64_C(1) << 63) && !is_pow2(0) && !is_pow2(6));
	CHECK(MIN(3, 2) == 2 && MAX((size_t)3, (size_t)2) == 3);
}

int __ctzdi2(uint64_t value);
int __clzdi2(uint64_t value);

TEST(single_bits)
{
	uint64_t seed = 11;

	for (unsigned i = 0; i < 64; i++) {
		uint64_t bit = UINT64_C(1) << i, noise = unit_random(&seed);

		CHECK(bit_lowest(bit | noise << i) == i);
		CHECK(bit_highest(bit | (noise & (bit - 1))) == i);
		CHECK(__ctzdi2(bit | noise << i << 1) == (int)i);
		CHECK(__clzdi2(bit | (noise & (bit - 1))) == 63 - (int)i);
		CHECK(bit_log2_up(bit) == i);
		CHECK(i < 2 || bit_log2_up(bit - 1) == i);
	}
}

TEST(byte_order)
{
	uint8_t bytes[16];

	for (int offset = 0; offset < 4; offset++) {
		uint8_t *at = bytes + offset;

		le64_store(at, UINT64_C(0x0102030405060708));
		CHECK(at[0] == 8 && at[7] == 1 && le64_load(at) == UINT64_C(0x0102030405060708));
		CHECK(be64_load(at) == UINT64_C(0x0807060504030201));
		CHECK(le32_load(at) == 0x05060708 && be32_load(at) == 0x08070605);
		CHECK(le16_load(at) == 0x0708 && be16_load(at) == 0x0807);
		be32_store(at, 0xf1f2f3f4);
		CHECK(at[0] == 0xf1 && be32_load(at) == 0xf1f2f3f4);
		le32_store(at, 0xf1f2f3f4);
		CHECK(at[0] == 0xf4 && le32_load(at) == 0xf1f2f3f4);
		le16_store(at, 0xfffe);
		be16_store(at + 2, 0xfffe);
		CHECK(at[0] == 0xfe && at[2] == 0xff && le16_load(at) == 0xfffe);
		CHECK(be16_load(at + 2) == 0xfffe);
	}
}

static char events[16];

static void event(char c)
{
	events[strlen(events)] = c;
}

struct door_guard {
	char name;
};

static struct door_guard door_guard_begin(char name)
{
	event(name);
	return (struct door_guard){name};
}

static void door_guard_end(struct door_guard *guard)
{
	event((char)(guard->name - 'a' + 'A'));
}

static void release(char **pointer)
{
	if (*pointer)
		event('!');
}

static char *pass(bool keep)
{
	char *owned CLEANUP(release) = events;

	if (keep)
		return TAKE(owned);
	return NULL;
}

TEST(guards_end_in_reverse_order)
{
	memset(events, 0, sizeof(events));
	for (int i = 0; i < 2; i++) {
		GUARD(door, 'a');
		GUARD(door, 'b');
		if (i)
			continue;
		event('-');
	}
	CHECK(!strcmp(events, "ab-BAabBA"));
	memset(events, 0, sizeof(events));
	CHECK(pass(true) == events && !strcmp(events, ""));
	CHECK(!pass(false) && !strcmp(events, "!"));
}

TEST(macros)
{
	struct item item;
	int numbers[7];

	CHECK(CONTAINER_OF(&item.list, struct item, list) == &item);
	CHECK(ARRAY_SIZE(numbers) == 7);
	STATIC_ASSERT(ARRAY_SIZE(numbers) == 7);
	WRITE_ONCE(numbers[3], 4);
	CHECK(READ_ONCE(numbers[3]) == 4);
}

/* A table by the definition, read against the words one by one. */
TEST(relr)
{
	uint64_t words[200], seed = 12;
	uint64_t table[8];
	uintptr_t base = (uintptr_t)words - 0x1000; /* linked at 0x1000 */

	for (int round = 0; round < 1000; round++) {
		bool moved[200] = {false};
		size_t count = 0, at = 0;

		memset(words, 0, sizeof(words));
		while (count < 8 && at < 200) {
			uint64_t bits = unit_random(&seed);

			if (!count || at + 63 > 200 || unit_random(&seed) % 3 == 0) {
				at += bits % 10;
				if (at >= 200)
					break;
				table[count++] = 0x1000 + at * 8;
				moved[at++] = true;
				continue;
			}
			table[count++] = bits << 1 | 1;
			for (size_t i = 0; i < 63; i++)
				moved[at + i] = bits >> i & 1;
			at += 63;
		}
		relr_apply(base, table, count, 0x5000);
		for (size_t i = 0; i < 200; i++)
			CHECK(words[i] == (moved[i] ? 0x5000 : 0));
	}
	relr_apply(base, table, 0, 1);
}
