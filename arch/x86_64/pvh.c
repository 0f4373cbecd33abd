/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader says, by the PVH contract [Xen xen/include/public/arch-x86/hvm/start_info.h]. */
#include <errno.h>

#include <arch/boot.h>
#include <arch/mmu.h>
#include <impl/pc.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/boot_map.h>

LOG_MODULE(pvh);

#define START_MAGIC 0x336ec578
#define MEMORY_RAM  1

struct start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t module_count;
	uint64_t modules_pa;
	uint64_t line_pa;
	uint64_t rsdp_pa;
	/* From version 1 on: */
	uint64_t memory_pa;
	uint32_t memory_count;
	uint32_t reserved;
};

struct module {
	uint64_t pa, size, line_pa, reserved;
};

struct memory {
	uint64_t pa, size;
	uint32_t type, reserved;
};

static const void *map(uint64_t pa, uint64_t size)
{
	return boot_map_physical(pa, size, PAGE_READ | PAGE_WRITE);
}

/* The table may name a range of RAM in several pieces; more than fit are left unused. */
static int add_memory(const struct start_info *info)
{
	const struct memory *memory = map(info->memory_pa, info->memory_count * sizeof(*memory));

	for (unsigned i = 0; memory && i < info->memory_count; i++)
		if (memory[i].type == MEMORY_RAM && boot_add_ram(memory[i].pa, memory[i].size))
			log_warn("memory at %lx is not used", memory[i].pa);
	/* Other CPUs start in page 0. */
	return boot_add_reserved(0, PAGE_SIZE);
}

int arch_boot_discover(void)
{
	const struct start_info *info = map(arch_boot.info_pa, sizeof(*info));

	if (!info || info->magic != START_MAGIC || info->version < 1) {
		log_error("no PVH start information");
		return -EINVAL;
	}
	if (info->line_pa) {
		/* It ends somewhere: up to a page border past the longest one is surely there. */
		const char *line = map(info->line_pa, BOOT_LINE_MAX);

		if (line)
			boot_set_line(line, BOOT_LINE_MAX);
	}
	if (info->module_count) {
		const struct module *module = map(info->modules_pa, sizeof(*module));

		if (module) {
			boot_info.initrd_pa = module->pa;
			boot_info.initrd_size = module->size;
			boot_add_reserved(module->pa, module->size);
		}
	}
	pc_discover(info->rsdp_pa);
	if (!boot_info.cpu_count)
		boot_add_cpu(arch_boot.hwid);
	return add_memory(info);
}
