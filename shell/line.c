/* SPDX-License-Identifier: BSD-2-Clause */
#include "line.h"

#include <string.h>

#define CTRL(letter) ((letter)&31)

/* States of an escape sequence. */
enum { PLAIN, ESCAPE, SEQUENCE, SINGLE };

/*
 * --- text --------------------------------------------------------------------------------------
 */

/*
 * Columns of a character: the blocks of Unicode that combine and those that are wide, without their
 * exceptions. The C library's tables are exact and as large as this whole file.
 */
static unsigned columns_of(uint32_t code)
{
	static const uint16_t none[][2] = {
		{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
	static const uint16_t two[][2] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},
					  {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
					  {0xffe0, 0xffe6}};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (code >= none[i][0] && code <= none[i][1])
			return 0;
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++)
		if (code >= two[i][0] && code <= two[i][1])
			return 2;
	if ((code >= 0x1f300 && code <= 0x1f64f) || code >> 8 == 0x1f9 ||
	    (code >= 0x20000 && code <= 0x3fffd))
		return 2;
	return 1;
}

/* The character at `text`: its bytes and columns. What is not UTF-8 is one byte and one column. */
static size_t character(const char *text, size_t length, unsigned *columns)
{
	uint8_t first = (uint8_t)text[0];
	size_t size = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
	uint32_t code = size == 1 ? first : first & (0xff >> (size + 1));

	*columns = 1;
	if (size > length)
		return 1;
	for (size_t i = 1; i < size; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | ((uint8_t)text[i] & 0x3f);
	}
	*columns = columns_of(code);
	return size;
}

static bool is_whole(const char *text, size_t size)
{
	return size > 1 ? character(text, size, &(unsigned){0}) == size : (uint8_t)text[0] < 0x80;
}

unsigned line_columns(const char *text, size_t length)
{
	unsigned total = 0, columns;

	for (size_t i = 0; i < length; total += columns) {
		columns = 1; /* most of what is typed; this is done at each key */
		i += text[i] >= ' ' && text[i] < 127 ? 1
						     : character(text + i, length - i, &columns);
	}
	return total;
}

static size_t next(const struct line *line, size_t at)
{
	return at < line->length
		       ? at + character(line->text + at, line->length - at, &(unsigned){0})
		       : at;
}

static size_t previous(const struct line *line, size_t at)
{
	unsigned columns;

	/* The character that ends here: the longest that is one. */
	for (size_t size = at < 4 ? at : 4; size > 1; size--)
		if (character(line->text + at - size, size, &columns) == size)
			return at - size;
	return at ? at - 1 : 0;
}

static bool in_word(const struct line *line, size_t at)
{
	return line->text[at] != ' ' && line->text[at] != '/';
}

static size_t word_left(const struct line *line)
{
	size_t at = line->at;

	while (at && !in_word(line, at - 1))
		at--;
	while (at && in_word(line, at - 1))
		at--;
	return at;
}

static size_t word_right(const struct line *line)
{
	size_t at = line->at;

	while (at < line->length && !in_word(line, at))
		at++;
	while (at < line->length && in_word(line, at))
		at++;
	return at;
}

/*
 * --- the screen --------------------------------------------------------------------------------
 */

static void put(struct line *line, const char *text)
{
	line->write(line, text, strlen(text));
}

/* Bytes as they can be shown: what is not UTF-8, and what a terminal would obey, is `?`. */
static void show(struct line *line, const char *text, size_t length)
{
	unsigned columns;

	for (size_t i = 0, size; i < length; i += size) {
		size = character(text + i, length - i, &columns);
		if (is_whole(text + i, size) && (uint8_t)text[i] >= ' ' && text[i] != 127)
			line->write(line, text + i, size);
		else
			put(line, "?");
	}
}

/* To a column, from the first one. */
static void put_move(struct line *line, unsigned columns)
{
	char move[16], *at = move + sizeof(move);

	*--at = '\0';
	*--at = 'C';
	do
		*--at = (char)('0' + columns % 10);
	while (columns /= 10);
	*--at = '[';
	*--at = '\x1b';
	put(line, at);
}

static unsigned room(const struct line *line)
{
	unsigned columns = line->columns < 20 ? 20 : line->columns;

	return columns > line->prompt_columns + 8 ? columns - line->prompt_columns - 1 : 8;
}

static void draw_search(struct line *line)
{
	put(line, "\r(search) ");
	show(line, line->wanted, line->wanted_length);
	put(line, ": ");
	show(line, line->text, line->length < 40 ? line->length : 40);
	put(line, "\x1b[K");
}

void line_draw(struct line *line)
{
	unsigned columns, total = 0;
	size_t end;

	line->dirty = false;
	if (line->searching) {
		draw_search(line);
		return;
	}
	/* The cursor stays in sight. */
	if (line->at < line->first)
		line->first = line->at;
	/* The window may have become larger. */
	if (line->first && line_columns(line->text, line->length) < room(line))
		line->first = 0;
	while (line_columns(line->text + line->first, line->at - line->first) >= room(line))
		line->first = next(line, line->first);
	for (end = line->first; end < line->length; end += columns) {
		size_t size = character(line->text + end, line->length - end, &columns);

		if (total + columns > room(line))
			break;
		total += columns;
		columns = (unsigned)size;
	}
	put(line, "\r");
	put(line, line->prompt);
	show(line, line->text + line->first, end - line->first);
	put(line, "\x1b[K\r");
	put_move(line, line->prompt_columns +
			       line_columns(line->text + line->first, line->at - line->first));
}

void line_begin(struct line *line)
{
	line->length = line->at = line->first = 0;
	line->text[0] = '\0';
	line->too_long = line->searching = line->kills = false;
	line->state = PLAIN;
	line->looking_at = line->history_length;
	put(line, "\r");
	put(line, line->prompt);
	put(line, "\x1b[K");
}

/*
 * --- changes -----------------------------------------------------------------------------------
 */

bool line_insert(struct line *line, const char *text, size_t length)
{
	if (length >= LINE_BYTES - line->length) {
		line->too_long = true;
		put(line, "\a");
		return false;
	}
	memmove(line->text + line->at + length, line->text + line->at, line->length - line->at + 1);
	memcpy(line->text + line->at, text, length);
	line->length += length;
	line->at += length;
	line->dirty = true;
	return true;
}

static void erase(struct line *line, size_t from, size_t to)
{
	memmove(line->text + from, line->text + to, line->length - to + 1);
	line->length -= to - from;
	line->at = from;
	line->dirty = true;
	if (!line->length)
		line->too_long = false;
}

/* Erase for yanking; kills one after the other add up. */
static void cut_out(struct line *line, size_t from, size_t to, bool again)
{
	bool before = to == line->at;

	if (!again)
		line->killed_length = 0;
	if (to - from > sizeof(line->killed) - line->killed_length)
		line->killed_length = 0;
	if (before) {
		memmove(line->killed + to - from, line->killed, line->killed_length);
		memcpy(line->killed, line->text + from, to - from);
	} else {
		memcpy(line->killed + line->killed_length, line->text + from, to - from);
	}
	line->killed_length += to - from;
	line->kills = true;
	erase(line, from, to);
}

static void set(struct line *line, const char *text)
{
	line->length = strnlen(text, LINE_BYTES - 1);
	memmove(line->text, text, line->length);
	line->text[line->length] = '\0';
	line->at = line->length;
	line->first = 0;
	line->dirty = true;
}

static void swap(struct line *line)
{
	size_t middle, left, right = line->at;
	char copy[4];

	if (right == line->length)
		right = previous(line, right);
	left = previous(line, right);
	if (right == left || right == line->length)
		return;
	middle = right;
	right = next(line, right);
	memcpy(copy, line->text + left, middle - left);
	memmove(line->text + left, line->text + middle, right - middle);
	memcpy(line->text + left + (right - middle), copy, middle - left);
	line->at = right;
	line->dirty = true;
}

/*
 * --- history -----------------------------------------------------------------------------------
 */

static size_t older(const struct line *line, size_t at)
{
	if (!at)
		return line->history_length;
	for (at--; at && line->history[at - 1]; at--)
		;
	return at;
}

void line_remember(struct line *line, const char *text)
{
	size_t size = strnlen(text, LINE_BYTES - 1) + 1, last = older(line, line->history_length),
	       cut;

	if (size == 1 || (line->history_length && !strcmp(line->history + last, text)))
		return;
	while (line->history_length + size > HISTORY_BYTES) {
		cut = strlen(line->history) + 1;
		line->history_length -= cut;
		memmove(line->history, line->history + cut, line->history_length);
	}
	memcpy(line->history + line->history_length, text, size);
	line->history_length += size;
	line->looking_at = line->history_length;
}

static void look_older(struct line *line)
{
	if (!line->looking_at || !line->history_length)
		return;
	if (line->looking_at == line->history_length)
		memcpy(line->draft, line->text, line->length + 1);
	line->looking_at = older(line, line->looking_at);
	set(line, line->history + line->looking_at);
}

static void look_newer(struct line *line)
{
	if (line->looking_at >= line->history_length)
		return;
	line->looking_at += strlen(line->history + line->looking_at) + 1;
	set(line, line->looking_at < line->history_length ? line->history + line->looking_at
							  : line->draft);
}

static bool holds(const char *text, const char *part, size_t length)
{
	for (; *text; text++)
		if (!strncmp(text, part, length))
			return true;
	return !length;
}

/* The newest line before `from` that holds what is wanted. */
static void search(struct line *line, size_t from)
{
	while (from) {
		from = older(line, from);
		if (holds(line->history + from, line->wanted, line->wanted_length)) {
			line->looking_at = from;
			set(line, line->history + from);
			return;
		}
	}
	put(line, "\a");
}

/* True: the key belongs to the search; else it ends and the key counts. */
static bool search_key(struct line *line, uint8_t byte)
{
	if (byte == CTRL('R')) {
		search(line, line->looking_at);
	} else if (byte == 127 || byte == '\b') {
		if (line->wanted_length)
			line->wanted[--line->wanted_length] = '\0';
		search(line, line->history_length);
	} else if (byte >= ' ') {
		if (line->wanted_length < sizeof(line->wanted) - 1) {
			line->wanted[line->wanted_length++] = (char)byte;
			line->wanted[line->wanted_length] = '\0';
		}
		search(line, line->history_length);
	} else {
		line->searching = false;
		line->dirty = true;
		return byte == CTRL('G');
	}
	line->dirty = true;
	return true;
}

/*
 * --- keys --------------------------------------------------------------------------------------
 */

static void move(struct line *line, size_t to)
{
	line->at = to;
	line->dirty = true;
}

/* The end of ESC [ numbers letter. */
static void sequence(struct line *line, uint8_t letter)
{
	unsigned number = line->number_count ? line->numbers[0] : 0;
	bool word = line->number_count > 1 && (line->numbers[1] == 5 || line->numbers[1] == 3);

	switch (letter) {
	case 'A':
		look_older(line);
		break;
	case 'B':
		look_newer(line);
		break;
	case 'C':
		move(line, word ? word_right(line) : next(line, line->at));
		break;
	case 'D':
		move(line, word ? word_left(line) : previous(line, line->at));
		break;
	case 'H':
		move(line, 0);
		break;
	case 'F':
		move(line, line->length);
		break;
	case 'R': /* the terminal tells where its cursor is: in the last column */
		if (line->number_count > 1 && line->numbers[1] >= 20 && line->numbers[1] <= 1000 &&
		    line->numbers[1] != line->columns) {
			line->columns = line->numbers[1];
			line->dirty = true;
		}
		break;
	case '~':
		if (number == 1 || number == 7)
			move(line, 0);
		else if (number == 4 || number == 8)
			move(line, line->length);
		else if (number == 3)
			erase(line, line->at, next(line, line->at));
		break;
	default:
		break;
	}
}

static void escape_key(struct line *line, uint8_t byte, bool again)
{
	line->state = PLAIN;
	if (byte == '[') {
		line->state = SEQUENCE;
		line->numbers[0] = line->numbers[1] = line->number_count = 0;
	} else if (byte == 'O') {
		line->state = SINGLE;
	} else if (byte == 'b') {
		move(line, word_left(line));
	} else if (byte == 'f') {
		move(line, word_right(line));
	} else if (byte == 'd') {
		cut_out(line, line->at, word_right(line), again);
	} else if (byte == 127) {
		cut_out(line, word_left(line), line->at, again);
	}
}

static void sequence_key(struct line *line, uint8_t byte)
{
	unsigned *number = &line->numbers[line->number_count > 1];

	if (line->state == SEQUENCE && byte >= '0' && byte <= '9') {
		if (!line->number_count)
			line->number_count = 1;
		if (*number < 10000)
			*number = *number * 10 + byte - '0';
	} else if (line->state == SEQUENCE && byte == ';') {
		line->number_count = 2;
		line->numbers[1] = 0;
	} else if (byte >= '@') {
		line->state = PLAIN;
		sequence(line, byte);
	} else if (byte < ' ') {
		line->state = PLAIN;
	}
}

static enum line_event control_key(struct line *line, uint8_t byte, bool again)
{
	/* Keys that do what ESC [ letter does. */
	static const uint8_t arrows[] = {
		[CTRL('A')] = 'H', [CTRL('B')] = 'D', [CTRL('E')] = 'F',
		[CTRL('F')] = 'C', [CTRL('N')] = 'B', [CTRL('P')] = 'A',
	};

	if (byte < sizeof(arrows) && arrows[byte]) {
		line->number_count = 0;
		sequence(line, arrows[byte]);
		return LINE_MORE;
	}
	switch (byte) {
	case '\t':
		if (line->complete)
			line->complete(line);
		break;
	case '\r':
	case '\n':
		move(line, line->length);
		line_draw(line);
		put(line, "\r\n");
		return LINE_DONE;
	case CTRL('C'):
		put(line, "^C\r\n");
		return LINE_CANCEL;
	case CTRL('D'):
		if (!line->length) {
			put(line, "\r\n");
			return LINE_END;
		}
		erase(line, line->at, next(line, line->at));
		break;
	case '\b':
	case 127:
		erase(line, previous(line, line->at), line->at);
		break;
	case CTRL('K'):
		cut_out(line, line->at, line->length, again);
		break;
	case CTRL('L'):
		put(line, "\x1b[H\x1b[2J");
		line->dirty = true;
		break;
	case CTRL('R'):
		memcpy(line->draft, line->text, line->length + 1);
		line->searching = line->dirty = true;
		line->wanted_length = 0;
		line->wanted[0] = '\0';
		break;
	case CTRL('T'):
		swap(line);
		break;
	case CTRL('U'):
		cut_out(line, 0, line->at, again);
		break;
	case CTRL('W'):
		cut_out(line, word_left(line), line->at, again);
		break;
	case CTRL('Y'):
		line_insert(line, line->killed, line->killed_length);
		break;
	case 27:
		line->state = ESCAPE;
		line->kills = again;
		break;
	default:
		break;
	}
	return LINE_MORE;
}

/* A letter behind the last one: nothing else on the screen changes. */
static bool type_at_end(struct line *line, uint8_t byte)
{
	unsigned used = line_columns(line->text + line->first, line->length - line->first);
	char letter = (char)byte;

	if (line->dirty || byte >= 127 || line->at != line->length || used + 1 >= room(line) ||
	    !line_insert(line, &letter, 1))
		return false;
	line->dirty = false;
	line->write(line, &letter, 1);
	return true;
}

enum line_event line_input(struct line *line, uint8_t byte)
{
	enum line_event event = LINE_MORE;
	bool again = line->kills, after_return = line->after_return;
	char letter = (char)byte;

	line->after_return = byte == '\r';
	if (after_return && byte == '\n')
		return LINE_MORE;
	line->kills = false;
	if (line->state == ESCAPE)
		escape_key(line, byte, again);
	else if (line->state != PLAIN)
		sequence_key(line, byte);
	else if (line->searching && search_key(line, byte))
		;
	else if (byte < ' ' || byte == 127)
		event = control_key(line, byte, again);
	else if (!type_at_end(line, byte) && !line->too_long)
		line_insert(line, &letter, 1);
	/* A character of several bytes is drawn when it is whole. */
	if (line->dirty && event == LINE_MORE &&
	    (byte < 0x80 || previous(line, line->at) + 1 < line->at))
		line_draw(line);
	return event;
}
