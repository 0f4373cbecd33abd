/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware said. Filled by arch_boot_discover(); mem_init() leaves out what it cannot use
 * and adds what it reserves; constant once the firmware's memory was released.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_RANGES_MAX 32
#define BOOT_LINE_MAX	2048

struct boot_range {
	uint64_t start, size;
};

struct boot_info {
	struct boot_range ram[BOOT_RANGES_MAX];
	unsigned ram_count;
	struct boot_range reserved[BOOT_RANGES_MAX]; /* firmware, device tree, initrd */
	unsigned reserved_count;
	uint64_t cpu_hwid[16]; /* CPUs the firmware lists, boot CPU included */
	uint32_t cpu_intc[16]; /* device tree: phandle of each one's own interrupt controller */
	unsigned cpu_count;    /* may exceed the array: all were counted */
	uint64_t firmware_pa, firmware_size; /* device tree, given back once the drivers are up */
	uint64_t initrd_pa, initrd_size;
	uint8_t seed[32]; /* rng-seed */
	unsigned seed_size;
	char line[BOOT_LINE_MAX]; /* boot line, zero-terminated */
	bool line_truncated;
};
extern struct boot_info boot_info;

/* Boot table row: take the line apart, set log levels. */
void boot_read_line(void);

/* Boot table row, once there is a console: stop if the line was wrong. */
void boot_check_line(void);

/* arch_boot_discover() of CPUs whose firmware hands over a device tree. Early boot. */
int boot_discover_fdt(void);

/*
 * Ranges in any order; they may overlap. -ENOSPC: too many, it is left out; with too many reserved
 * ones the kernel stops. Early boot.
 */
int boot_add_ram(uint64_t start, uint64_t size);
int boot_add_reserved(uint64_t start, uint64_t size);
void boot_add_cpu(uint64_t hwid);
void boot_set_line(const char *line, size_t limit);

/*
 * The program's arguments and environment are on the line too (base/cmdline.h).
 *
 * Value of a boot word ("debug" of "log=debug", key "log"), which stays; NULL: the word is absent
 * or has none. Of several the last counts. Words after " -- " belong to the program.
 */
const char *boot_word(const char *key);
bool boot_word_is(const char *key, const char *value);
/* All words in their order; a value may be NULL. False past the last. */
bool boot_word_at(unsigned index, const char **key, const char **value);
bool boot_flag(const char *word); /* a word without value, or word=y|on|1 */
