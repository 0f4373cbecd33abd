/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware said, and the words of the boot line. */
#include <errno.h>
#include <string.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <base/cmdline.h>
#include <base/str.h>
#include <kernel/boot.h>
#include <kernel/console.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/power.h>

LOG_MODULE(boot);

#define WORDS_MAX 32

struct boot_info boot_info;

static struct word {
	const char *key, *value;
} words[WORDS_MAX];
static unsigned word_count;
static char word_bytes[BOOT_LINE_MAX + 1];
static const char *line_error;

/* What the linear map cannot hold does not matter; without it no end of a range overflows. */
static uint64_t clip(uint64_t start, uint64_t size)
{
	return start < ARCH_LINEAR_SIZE ? MIN(size, ARCH_LINEAR_SIZE - start) : 0;
}

static int add_range(struct boot_range *ranges, unsigned *count, uint64_t start, uint64_t size)
{
	if (!size)
		return 0;
	if (*count == BOOT_RANGES_MAX)
		return -ENOSPC;
	ranges[(*count)++] = (struct boot_range){start, size};
	return 0;
}

/* Each frame may be in one range only, and neighbours make one. */
int boot_add_ram(uint64_t start, uint64_t size)
{
	size = clip(start, size);
	for (unsigned i = 0; size && i < boot_info.ram_count;) {
		const struct boot_range *known = &boot_info.ram[i];
		uint64_t end = start + size, known_end = known->start + known->size;

		if (start > known_end || end < known->start) {
			i++;
			continue;
		}
		start = MIN(start, known->start);
		size = MAX(end, known_end) - start;
		boot_info.ram[i] = boot_info.ram[--boot_info.ram_count];
		i = 0;
	}
	return add_range(boot_info.ram, &boot_info.ram_count, start, size);
}

/* One that is lost would be given out as free memory. */
int boot_add_reserved(uint64_t start, uint64_t size)
{
	if (add_range(boot_info.reserved, &boot_info.reserved_count, start, clip(start, size)))
		panic("more than %u reserved ranges of memory", BOOT_RANGES_MAX);
	return 0;
}

void boot_add_cpu(uint64_t hwid)
{
	if (boot_info.cpu_count < sizeof(boot_info.cpu_hwid) / sizeof(boot_info.cpu_hwid[0]))
		boot_info.cpu_hwid[boot_info.cpu_count] = hwid;
	boot_info.cpu_count++;
}

void boot_set_line(const char *line, size_t limit)
{
	size_t length = str_length_n(line, limit);

	boot_info.line_truncated = length >= BOOT_LINE_MAX;
	if (boot_info.line_truncated)
		length = BOOT_LINE_MAX - 1;
	memcpy(boot_info.line, line, length);
	boot_info.line[length] = '\0';
}

static void apply_log_word(const char *key, const char *value)
{
	const char *module = str_after(key, "log.");

	if (!module && !str_equal(key, "log"))
		return;
	if (!value || log_set_level(module, value))
		line_error = "log: no such module or level";
}

/* Boot table row. */
void boot_read_line(void)
{
	struct cmdline line;
	struct cmdline_word word;
	int more;

	if (boot_info.line_truncated)
		line_error = "it is longer than 2047 bytes";
	cmdline_open(&line, boot_info.line, word_bytes, sizeof(word_bytes));
	while ((more = cmdline_next(&line, &word)) > 0) {
		if (word.kind != CMDLINE_OPTION)
			continue;
		if (word_count < WORDS_MAX) {
			words[word_count].key = word.key;
			words[word_count++].value = word.value;
		} else {
			line_error = "it has more than 32 options";
		}
		apply_log_word(word.key, word.value);
	}
	if (more < 0)
		line_error = "a quote is open, a word is empty, or a backslash stands last";
	if (boot_flag("quiet"))
		log_set_level(NULL, "off");
	if (boot_word_is("logto", "ctl"))
		log_use_control_channel();
}

/*
 * Boot table row. A line that was not understood may lack what the program needs: it does not run.
 * The runner is told where the program's output begins: firmware may have used the line before.
 */
void boot_check_line(void)
{
	if (boot_word_is("tty", "off"))
		console_write("\2", 1);
	if (!line_error)
		return;
	log_error("boot line: %s", line_error);
	power_stop("the boot line is wrong");
}

static const struct word *find(const char *key)
{
	for (unsigned i = word_count; i-- > 0;)
		if (str_equal(words[i].key, key))
			return &words[i];
	return NULL;
}

const char *boot_word(const char *key)
{
	const struct word *word = find(key);

	return word ? word->value : NULL;
}

bool boot_word_is(const char *key, const char *value)
{
	const char *actual = boot_word(key);

	return actual && str_equal(actual, value);
}

bool boot_flag(const char *key)
{
	const struct word *word = find(key);

	return word && (!word->value || boot_word_is(key, "y") || boot_word_is(key, "on") ||
			boot_word_is(key, "1"));
}

bool boot_word_at(unsigned index, const char **key, const char **value)
{
	if (index >= word_count)
		return false;
	*key = words[index].key;
	*value = words[index].value;
	return true;
}
