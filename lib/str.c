/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <base/compiler.h>
#include <base/str.h>

size_t str_length(const char *text)
{
	return str_length_n(text, SIZE_MAX);
}

size_t str_length_n(const char *text, size_t limit)
{
	size_t len = 0;

	while (len < limit && text[len]) {
		len++;
		__asm__("" : "+r"(len)); /* or the compiler makes it a call to strlen */
	}
	return len;
}

bool str_equal(const char *a, const char *b)
{
	return !str_compare(a, b);
}

bool str_equal_n(const char *a, const char *b, size_t len)
{
	for (; len && *a == *b; a++, b++, len--)
		if (!*a)
			return true;
	return !len;
}

const char *str_after(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (*text != *prefix)
			return NULL;
	return text;
}

int str_compare(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

const char *str_find_char(const char *text, char c)
{
	for (; *text != c; text++)
		if (!*text)
			return NULL;
	return text;
}

size_t str_copy(char *to, const char *text, size_t size)
{
	size_t len = str_length(text);

	if (size) {
		size_t fits = len < size ? len : size - 1;

		memcpy(to, text, fits);
		to[fits] = '\0';
	}
	return len;
}

/* The digit's value, 16 or more if it is none. */
static unsigned digit_of(char c)
{
	unsigned digit = (unsigned)c - '0';

	if (digit < 10)
		return digit;
	digit = ((unsigned)c | 0x20) - 'a';
	return digit < 6 ? digit + 10 : 16;
}

int str_to_u64(const char *text, const char **end, uint64_t *value)
{
	unsigned base = 10;
	uint64_t sum = 0;

	if (text[0] == '0' && (text[1] | 0x20) == 'x' && digit_of(text[2]) < 16) {
		base = 16;
		text += 2;
	}
	if (digit_of(*text) >= base)
		return -EINVAL;
	for (unsigned digit; (digit = digit_of(*text)) < base; text++)
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return -ERANGE;
	if (end)
		*end = text;
	else if (*text)
		return -EINVAL;
	*value = sum;
	return 0;
}
