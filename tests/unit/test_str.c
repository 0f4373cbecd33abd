/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/str.c
#include <errno.h>
#include <limits.h>

#include <base/str.h>

#include "unit.h"

TEST(length)
{
	CHECK(str_length("") == 0);
	CHECK(str_length("four") == 4);
	CHECK(str_length_n("four", 2) == 2);
	CHECK(str_length_n("four", 4) == 4);
	CHECK(str_length_n("four", SIZE_MAX) == 4);
	CHECK(str_length_n(NULL, 0) == 0);
}

TEST(length_n_reads_no_further)
{
	char *exact = malloc(3);

	memcpy(exact, "abc", 3);
	CHECK(str_length_n(exact, 3) == 3);
	free(exact);
}

TEST(equal)
{
	CHECK(str_equal("", ""));
	CHECK(str_equal("abc", "abc"));
	CHECK(!str_equal("abc", "abd"));
	CHECK(!str_equal("abc", "ab"));
	CHECK(!str_equal("ab", "abc"));
	CHECK(str_equal_n("abc", "abd", 2));
	CHECK(!str_equal_n("abc", "abd", 3));
	CHECK(str_equal_n("ab", "ab", 9));
	CHECK(!str_equal_n("ab", "abc", 9));
	CHECK(str_equal_n("a", "b", 0));
}

TEST(after)
{
	CHECK(!strcmp(str_after("env.HOME", "env."), "HOME"));
	CHECK(!strcmp(str_after("env.", "env."), ""));
	CHECK(!str_after("env", "env."));
	CHECK(!str_after("", "x"));
	CHECK(str_after("x", ""));
}

TEST(compare_is_unsigned)
{
	CHECK(str_compare("a", "b") < 0);
	CHECK(str_compare("b", "a") > 0);
	CHECK(str_compare("a", "a") == 0);
	CHECK(str_compare("a", "ab") < 0);
	CHECK(str_compare("a", "\xff") < 0);
	CHECK(str_compare("", "") == 0);
}

TEST(find_char)
{
	const char *text = "a=b=c";

	CHECK(str_find_char(text, '=') == text + 1);
	CHECK(str_find_char(text, 'c') == text + 4);
	CHECK(str_find_char(text, '\0') == text + 5);
	CHECK(str_find_char(text, 'x') == NULL);
}

TEST(copy_cuts_and_tells)
{
	char to[4];

	CHECK(str_copy(to, "abc", sizeof(to)) == 3 && !strcmp(to, "abc"));
	CHECK(str_copy(to, "abcdef", sizeof(to)) == 6 && !strcmp(to, "abc"));
	CHECK(str_copy(to, "", sizeof(to)) == 0 && !strcmp(to, ""));
	CHECK(str_copy(to, "x", 1) == 1 && !strcmp(to, ""));
	CHECK(str_copy(NULL, "x", 0) == 1);
}

static int whole(const char *text, uint64_t *value)
{
	return str_to_u64(text, NULL, value);
}

TEST(number)
{
	uint64_t v = 0;

	CHECK(!whole("0", &v) && v == 0);
	CHECK(!whole("0755", &v) && v == 755);
	CHECK(!whole("18446744073709551615", &v) && v == UINT64_MAX);
	CHECK(!whole("0xffffFFFFffffFFFF", &v) && v == UINT64_MAX);
	CHECK(!whole("0X1aB", &v) && v == 0x1ab);
	CHECK(!whole("0x00000000000000000001", &v) && v == 1);
}

TEST(number_errors)
{
	uint64_t v = 7;

	CHECK(whole("18446744073709551616", &v) == -ERANGE);
	CHECK(whole("99999999999999999999999", &v) == -ERANGE);
	CHECK(whole("0x10000000000000000", &v) == -ERANGE);
	CHECK(whole("", &v) == -EINVAL);
	CHECK(whole("-1", &v) == -EINVAL);
	CHECK(whole("+1", &v) == -EINVAL);
	CHECK(whole(" 1", &v) == -EINVAL);
	CHECK(whole("1 ", &v) == -EINVAL);
	CHECK(whole("0x", &v) == -EINVAL);
	CHECK(whole("0xg", &v) == -EINVAL);
	CHECK(whole("12ab", &v) == -EINVAL);
	CHECK(whole("/", &v) == -EINVAL && whole(":", &v) == -EINVAL);
	CHECK(whole("0x@", &v) == -EINVAL && whole("0x`", &v) == -EINVAL);
	CHECK(v == 7);
}

TEST(number_end)
{
	const char *end, *text = "64M";
	uint64_t v;

	CHECK(!str_to_u64(text, &end, &v) && v == 64 && end == text + 2);
	text = "0xyz";
	CHECK(!str_to_u64(text, &end, &v) && v == 0 && end == text + 1);
}
