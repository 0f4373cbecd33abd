/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/fmt.c lib/str.c
#include <limits.h>

#include <base/fmt.h>

#include "unit.h"

/* Ours and the C library's text and result must be the same. */
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char ours[128], theirs[128];                                                       \
		size_t our_len = fmt_string(ours, sizeof(ours), __VA_ARGS__);                      \
		int their_len = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                     \
		if (strcmp(ours, theirs) || our_len != (size_t)their_len)                          \
			printf("# \"%s\" is not \"%s\"\n", ours, theirs);                          \
		CHECK(!strcmp(ours, theirs));                                                      \
		CHECK(our_len == (size_t)their_len);                                               \
	} while (0)

TEST(plain_text)
{
	SAME("%s", "");
	SAME("plain");
	SAME("100%%, %s", "sure");
}

TEST(numbers)
{
	SAME("%d %i %d %d", 0, -1, INT_MAX, INT_MIN);
	SAME("%u %u", 0u, UINT_MAX);
	SAME("%x %X %x", 0xbeefu, 0xBEEFu, 0u);
	SAME("%ld %ld", LONG_MAX, LONG_MIN);
	SAME("%lu %lx %lX", ULONG_MAX, ULONG_MAX, ULONG_MAX);
	SAME("%lld %llu %llx", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
	SAME("%zu %zd %zx", SIZE_MAX, (ssize_t)-5, (size_t)16);
	SAME("%p", (void *)0x1234abcd);
}

TEST(fields)
{
	SAME("[%5d] [%-5d] [%05d]", 42, 42, 42);
	SAME("[%5d] [%-5d] [%05d]", -42, -42, -42);
	SAME("[%2d] [%02d] [%-2d]", 12345, 12345, 12345);
	SAME("[%016lx] [%8x] [%-8x]", 0xabcul, 0xabcu, 0xabcu);
	SAME("[%20p] [%-20p]", (void *)0x10, (void *)0x10);
	SAME("[%3c] [%-3c] [%c]", 'a', 'b', 'c');
	SAME("[%5s] [%-5s] [%s]", "ab", "ab", "ab");
	SAME("[%2s]", "abc");
}

TEST(precision)
{
	SAME("[%.2s] [%.0s] [%.9s]", "abc", "abc", "abc");
	SAME("[%5.2s] [%-5.2s]", "abc", "abc");
	SAME("[%.*s]", 1, "abc");
}

TEST(precision_reads_no_further)
{
	char *exact = malloc(3), text[16];

	memcpy(exact, "abc", 3);
	CHECK(fmt_string(text, sizeof(text), "%.3s", exact) == 3 && !strcmp(text, "abc"));
	CHECK(fmt_string(text, sizeof(text), "%.*s", 2, exact) == 2 && !strcmp(text, "ab"));
	free(exact);
}

TEST(null_string)
{
	const char *volatile none = NULL;
	char text[16];

	fmt_string(text, sizeof(text), "%s", none);
	CHECK(!strcmp(text, "(null)"));
	fmt_string(text, sizeof(text), "%p", NULL);
	CHECK(!strcmp(text, "0x0"));
}

TEST(cut)
{
	char text[4] = "zzz";

	CHECK(fmt_string(text, sizeof(text), "%d", 123456) == 6 && !strcmp(text, "123"));
	CHECK(fmt_string(text, 1, "%d", 1) == 1 && !strcmp(text, ""));
	CHECK(fmt_string(NULL, 0, "%d", 12) == 2);
}

/* A format that is not one of ours is printed as it stands; the compiler would refuse these. */
TEST(unknown_conversions)
{
	static const char *const formats[] = {
		"%", "%5", "%-08", "%l", "%.3", "%q", "a%yb", "%.", "%n",
	};
	char text[32];

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const char *volatile format = formats[i];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
		fmt_string(text, sizeof(text), format);
#pragma GCC diagnostic pop
		CHECK(!strcmp(text, format));
	}
}

struct counting_sink {
	struct fmt_sink sink;
	size_t len;
	unsigned calls;
};

static void count(struct fmt_sink *sink, const char *text, size_t len)
{
	struct counting_sink *counting = (struct counting_sink *)sink;

	(void)text;
	counting->len += len;
	counting->calls++;
}

TEST(sink_gets_every_character_and_no_empty_piece)
{
	struct counting_sink counting = {.sink.write = count};

	CHECK(fmt_format(&counting.sink, "%s%d%s", "", 12, "abc") == 5);
	CHECK(counting.len == 5 && counting.calls == 2);
}

TEST(random_fields_as_in_c)
{
	static const char letters[] = "diuxX";
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		uint64_t r = unit_random(&seed), value = unit_random(&seed) >> (r >> 32 & 63);
		char format[16], ours[64], theirs[64];

		snprintf(format, sizeof(format), "%%%s%s%.0dl%c", r & 1 ? "-" : "",
			 r & 2 ? "0" : "", (int)(r >> 8 & 31), letters[(r >> 16) % 5]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fmt_string(ours, sizeof(ours), format, value);
		snprintf(theirs, sizeof(theirs), format, value);
#pragma GCC diagnostic pop
		CHECK(!strcmp(ours, theirs));
	}
}
