/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of functions in crash reports, with SYMS=y: read from a table in the image, whose format is
 * told in tools/names.py. It is searched from its beginning: nothing but a report needs it.
 */
#include <base/compiler.h>
#include <fault/backtrace.h>
#include <kernel/log.h>
#include <mem/boot_map.h>

#define NAMES_PAIRS 128
#define NAMES_DEPTH 12 /* pairs within pairs, at most */
#define NAME_SIZE   64

extern const uint8_t __names_start[], __names_end[];

static uintptr_t take_number(const uint8_t **at)
{
	uintptr_t value = 0;
	unsigned shift = 0;

	do
		value |= (uintptr_t)(**at & 127) << shift;
	while (*(*at)++ & 128 && (shift += 7) < 64);
	return value;
}

/* With what a byte from 128 on stands for in its place, its first half first. */
static void expand(const uint8_t *name, char text[NAME_SIZE])
{
	uint8_t waiting[NAMES_DEPTH + 1];
	unsigned depth = 0, length = 0;

	while (*name || depth) {
		unsigned byte = depth ? waiting[--depth] : *name++;

		for (; byte >= NAMES_PAIRS && depth < sizeof(waiting);
		     byte = __names_start[2 * (byte - NAMES_PAIRS)])
			waiting[depth++] = __names_start[2 * (byte - NAMES_PAIRS) + 1];
		if (length < NAME_SIZE - 1)
			text[length++] = (char)byte;
	}
	text[length] = '\0';
}

static void print_name(uintptr_t pc)
{
	const uint8_t *at = __names_start + 2 * NAMES_PAIRS, *name = at;
	uintptr_t start = (uintptr_t)__text_start, found = 0;
	char text[NAME_SIZE];

	while (at < __names_end) {
		start += take_number(&at);
		if (start > pc)
			break;
		found = start;
		name = at;
		while (*at++)
			;
	}
	/* Behind the last entry, which has no name, there is nothing but zeros. */
	if (!found || !*name || !backtrace_in_text(pc))
		return;
	expand(name, text);
	log_raw(" %s+0x%lx", text, (unsigned long)(pc - found));
}

static void (*const namer)(uintptr_t pc) SECTION_SET_IF(backtrace_namer, SYMS) = print_name;
