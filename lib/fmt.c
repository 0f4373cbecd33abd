/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <base/fmt.h>
#include <base/str.h>

/* The text so far, and how the next conversion is to be set. */
struct field {
	struct fmt_sink *sink;
	size_t total;
	size_t width;
	size_t precision;
	bool left;
	bool zero;
	va_list args;
};

/*
 * The one place that takes an argument. An int is taken as 64 bits too: the calling conventions of
 * the LP64 CPUs give every argument that is an integer a place of 64 bits, whose upper half we then
 * ignore.
 */
static NOINLINE uint64_t next_argument(struct field *field)
{
	return va_arg(field->args, uint64_t);
}

static void put(struct field *field, const char *text, size_t len)
{
	if (len)
		field->sink->write(field->sink, text, len);
	field->total += len;
}

static void pad(struct field *field, const char *with, size_t used)
{
	for (; field->width > used; field->width--)
		put(field, with, 1);
}

/* The first `prefix` characters of the text stay ahead of zeros. */
static void put_field(struct field *field, const char *text, size_t len, size_t prefix)
{
	if (!field->left && !field->zero)
		pad(field, " ", len);
	put(field, text, prefix);
	if (!field->left)
		pad(field, "0", len);
	put(field, text + prefix, len - prefix);
	pad(field, " ", len);
}

static void put_number(struct field *field, uint64_t value, char kind)
{
	char text[24], *at = text + sizeof(text);
	unsigned base = kind == 'd' || kind == 'u' ? 10 : 16;
	char letter = (char)((kind == 'X' ? 'A' : 'a') - 10);
	bool negative = kind == 'd' && (int64_t)value < 0;
	size_t prefix = 0;

	if (negative)
		value = -value;
	do {
		unsigned digit = (unsigned)(value % base);

		*--at = (char)(digit + (unsigned)(digit < 10 ? '0' : letter));
		value /= base;
	} while (value);
	if (negative) {
		*--at = '-';
		prefix = 1;
	} else if (kind == 'p') {
		*--at = 'x';
		*--at = '0';
		prefix = 2;
	}
	put_field(field, at, (size_t)(text + sizeof(text) - at), prefix);
}

static void put_text(struct field *field, uint64_t value, char kind)
{
	const char *text = (const char *)(uintptr_t)value;
	char c = (char)value;

	field->zero = false;
	if (kind == 'c')
		text = &c;
	else if (!text)
		text = "(null)";
	put_field(field, text, kind == 'c' ? 1 : str_length_n(text, field->precision), 0);
}

static const char *number_from(const char *format, size_t *number)
{
	*number = 0;
	while ((unsigned)(*format - '0') < 10)
		*number = *number * 10 + (size_t)(*format++ - '0');
	return format;
}

/* What stands between % and the letter; true: the argument has 64 bits. */
static const char *read_field(struct field *field, const char *format, bool *wide)
{
	field->left = false;
	field->zero = false;
	for (; *format == '-' || *format == '0'; format++)
		*(*format == '-' ? &field->left : &field->zero) = true;
	format = number_from(format, &field->width);
	field->precision = SIZE_MAX;
	if (*format == '.') {
		format = number_from(format + 1, &field->precision);
		if (*format == '*') {
			field->precision = (size_t)(int)next_argument(field);
			format++;
		}
	}
	for (*wide = false; *format == 'l' || *format == 'z'; format++)
		*wide = true;
	return format;
}

size_t fmt_vformat(struct fmt_sink *sink, const char *format, va_list args)
{
	struct field field = {.sink = sink};

	va_copy(field.args, args);
	for (;;) {
		const char *from = format;
		uint64_t value;
		bool wide;
		char kind;

		while (*format && *format != '%')
			format++;
		put(&field, from, (size_t)(format - from));
		if (!*format)
			break;
		from = format;
		format = read_field(&field, format + 1, &wide);
		kind = *format == 'i' ? 'd' : *format;
		if (!kind || !str_find_char("scduxXp", kind)) {
			/* %% or not one of ours: print it as it stands. */
			if (kind == '%')
				from = format++;
			put(&field, from, (size_t)(format - from));
			continue;
		}
		format++;
		value = next_argument(&field);
		if (kind == 's' || kind == 'c') {
			put_text(&field, value, kind);
			continue;
		}
		if (!wide && kind != 'p')
			value = kind == 'd' ? (uint64_t)(int)value : (unsigned)value;
		put_number(&field, value, kind);
	}
	va_end(field.args);
	return field.total;
}

size_t fmt_format(struct fmt_sink *sink, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	len = fmt_vformat(sink, format, args);
	va_end(args);
	return len;
}

struct string_sink {
	struct fmt_sink sink;
	char *to;
	size_t room; /* the NUL not counted */
};

static void string_write(struct fmt_sink *sink, const char *text, size_t len)
{
	struct string_sink *string = (struct string_sink *)sink;

	if (len > string->room)
		len = string->room;
	memcpy(string->to, text, len);
	string->to += len;
	string->room -= len;
}

size_t fmt_vstring(char *buffer, size_t size, const char *format, va_list args)
{
	char nothing;
	struct string_sink string = {{string_write}, &nothing, 0};
	size_t len;

	if (size) {
		string.to = buffer;
		string.room = size - 1;
	}
	len = fmt_vformat(&string.sink, format, args);
	*string.to = '\0';
	return len;
}

size_t fmt_string(char *buffer, size_t size, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	len = fmt_vstring(buffer, size, format, args);
	va_end(args);
	return len;
}
