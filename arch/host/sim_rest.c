/* SPDX-License-Identifier: BSD-2-Clause */
/* What the simulated kernel does not have: it is asked for, and nothing comes of it. */
#include <arch/user.h>
#include <kernel/irq.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/boot_map.h>
#include <mem/user.h>

struct boot_info boot_info;

void boot_identity_restore(void)
{
}

void boot_identity_remove(void)
{
}

void irq_init_cpu(struct cpu *cpu)
{
	(void)cpu;
}

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
}

bool user_range_ok(const void *user, size_t size)
{
	(void)size;
	return user;
}

int arch_user_load32(const uint32_t *from, uint32_t *value)
{
	*value = __atomic_load_n(from, __ATOMIC_RELAXED);
	return 0;
}
