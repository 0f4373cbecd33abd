/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin for QEMU's TCG that counts the instructions one CPU executes and writes the count down
 * at chosen places: at the marks of mark.h and where an address is executed for the first time.
 *
 *	gcc -O2 -shared -fPIC -I../../include -o count.so count.c
 *	qemu-system-... -icount shift=0,sleep=off -plugin file=count.so,out=FILE,at=HEX
 *
 * FILE gets lines `mark N COUNT`, `at HEX COUNT` and, when QEMU ends, `end COUNT`; a line is
 * on disk before the instruction runs, and the instruction itself is not yet counted. For an
 * address given as each=HEX there is a line every time; lines are then written at the end. With
 * cpu=N only the instructions of that CPU are counted. With io=NAME each mark has a line `io N
 * COUNT`, too, and the end one `end_io COUNT`: loads and stores so far of registers in regions of
 * QEMU whose names begin so, and, with from=HEX,to=HEX, of those at these physical addresses.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <abi/mark.h>

/* What is used of version 1 of QEMU's plugin interface, whose header Debian does not package. */
typedef uint64_t id_type;
struct block;
struct insn;
struct place_of;
struct info {
	const char *target;
};

void qemu_plugin_register_vcpu_tb_trans_cb(id_type id, void (*cb)(id_type, struct block *));
void qemu_plugin_register_atexit_cb(id_type id, void (*cb)(id_type, void *), void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *insn, void (*cb)(unsigned, void *),
					    int registers, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct insn *insn, int operation, void *counter,
						uint64_t value);
void qemu_plugin_register_vcpu_mem_cb(struct insn *insn,
				      void (*cb)(unsigned, uint32_t, uint64_t, void *),
				      int registers, int accesses, void *data);
struct place_of *qemu_plugin_get_hwaddr(uint32_t access, uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct place_of *place);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct place_of *place);
const char *qemu_plugin_hwaddr_device_name(const struct place_of *place);
size_t qemu_plugin_tb_n_insns(const struct block *block);
struct insn *qemu_plugin_tb_get_insn(const struct block *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct insn *insn);
size_t qemu_plugin_insn_size(const struct insn *insn);
const void *qemu_plugin_insn_data(const struct insn *insn);

#define PUBLIC	     __attribute__((visibility("default")))
#define NO_REGISTERS 0
#define ADD	     0
#define LOAD_STORE   3
#define PLACES_MAX   16

struct place {
	uint64_t address;
	int each, seen;
};

PUBLIC int qemu_plugin_version = 1;

static uint64_t count, io_count;
static uint64_t io_from, io_to;
static const char *io_name;
static struct place places[PLACES_MAX];
static unsigned place_count;
static FILE *out;
static int buffered;
static int only_cpu = -1;
static char target;

static void line_end(void)
{
	if (!buffered)
		fflush(out);
}

static void count_one(unsigned cpu, void *data)
{
	(void)data;
	/* CPUs run at once: only this one writes. */
	if ((int)cpu == only_cpu)
		count++;
}

static void at_place(unsigned cpu, void *data)
{
	struct place *place = data;

	(void)cpu;
	if (place->seen++ && !place->each)
		return;
	fprintf(out, "at %" PRIx64 " %" PRIu64 "\n", place->address, count);
	line_end();
}

static void at_mark(unsigned cpu, void *data)
{
	(void)cpu;
	fprintf(out, "mark %u %" PRIu64 "\n", (unsigned)(uintptr_t)data, count);
	if (io_name)
		fprintf(out, "io %u %" PRIu64 "\n", (unsigned)(uintptr_t)data, io_count);
	line_end();
}

static void at_access(unsigned cpu, uint32_t access, uint64_t address, void *data)
{
	const struct place_of *place = qemu_plugin_get_hwaddr(access, address);
	const char *name;

	(void)cpu;
	(void)data;
	if (!place || !qemu_plugin_hwaddr_is_io(place))
		return;
	name = qemu_plugin_hwaddr_device_name(place);
	address = qemu_plugin_hwaddr_phys_addr(place);
	if ((name && !strncmp(name, io_name, strlen(io_name))) ||
	    (address >= io_from && address < io_to))
		io_count++;
}

static void at_end(id_type id, void *data)
{
	(void)id;
	(void)data;
	fprintf(out, "end %" PRIu64 "\n", count);
	if (io_name)
		fprintf(out, "end_io %" PRIu64 "\n", io_count);
	fflush(out);
}

/* The number of a mark, or -1: the encodings are those of mark.h. */
static int mark_number(const struct insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	uint32_t word;

	if (target == 'x') {
		if (size != 7 || memcmp(code, "\x0f\x1f\x80", 3))
			return -1;
		memcpy(&word, code + 3, 4);
		return (word & ~MARK_X86_NUMBER) == MARK_X86 ? (int)(word & MARK_X86_NUMBER) : -1;
	}
	if (size != 4)
		return -1;
	memcpy(&word, code, 4);
	if (target == 'a')
		return (word & ~(0xfu << 5)) == MARK_AARCH64 ? (int)(word >> 5 & 0xf) : -1;
	return (word & ~(0xfu << 12)) == MARK_RISCV64 ? (int)(word >> 12 & 0xf) : -1;
}

static void translated(id_type id, struct block *block)
{
	size_t n = qemu_plugin_tb_n_insns(block);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct insn *insn = qemu_plugin_tb_get_insn(block, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);
		int mark = mark_number(insn);

		for (unsigned k = 0; k < place_count; k++)
			if (places[k].address == address && (places[k].each || !places[k].seen))
				qemu_plugin_register_vcpu_insn_exec_cb(insn, at_place, NO_REGISTERS,
								       &places[k]);
		if (mark >= 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, at_mark, NO_REGISTERS,
							       (void *)(uintptr_t)mark);
		if (io_name)
			qemu_plugin_register_vcpu_mem_cb(insn, at_access, NO_REGISTERS, LOAD_STORE,
							 NULL);
		if (only_cpu >= 0)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, count_one, NO_REGISTERS, NULL);
		else
			qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD, &count, 1);
	}
}

PUBLIC int qemu_plugin_install(id_type id, const struct info *info, int argc, char **argv)
{
	target = info->target[0];
	out = stderr;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "io=", 3))
			io_name = strdup(argv[i] + 3);
		else if (!strncmp(argv[i], "from=", 5))
			io_from = strtoull(argv[i] + 5, NULL, 16);
		else if (!strncmp(argv[i], "to=", 3))
			io_to = strtoull(argv[i] + 3, NULL, 16);
		else if (!strncmp(argv[i], "at=", 3) && place_count < PLACES_MAX)
			places[place_count++].address = strtoull(argv[i] + 3, NULL, 16);
		else if (!strncmp(argv[i], "each=", 5) && place_count < PLACES_MAX) {
			places[place_count].each = buffered = 1;
			places[place_count++].address = strtoull(argv[i] + 5, NULL, 16);
		} else if (!strncmp(argv[i], "cpu=", 4))
			only_cpu = atoi(argv[i] + 4);
		else
			return -1;
		if (!out)
			return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, at_end, NULL);
	return 0;
}
