/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware does for us: other harts, off, reset. And the emulator's ways out. */
#include <errno.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/power.h>
#include <arch/smp.h>
#include <impl/csr.h>
#include <impl/sbi.h>
#include <kernel/cpu.h>

#define SEMIHOSTING_WRITE0	  0x04
#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define SEMIHOSTING_ABSENT	  0x0bad
#define EXIT_APPLICATION	  0x20026

#define START_PATIENCE_S 20

extern char secondary_start[];
/* firmware.S */
long semihosting_call(unsigned operation, const void *parameter);

/*
 * An emulator that runs one hart at a time (QEMU with --icount) changes to another when this one
 * waits for an interrupt, and else after 100 ms of its time. This wait ends at once: the interrupt
 * is there, enabled in sie and not taken before. That nobody sent it does no harm.
 */
static void let_others_run(void)
{
	struct irq_state state = arch_irq_save();

	csr_set(CSR_SIP, 1 << IRQ_SOFTWARE);
	__asm__ volatile("wfi" ::: "memory");
	arch_irq_restore(state);
}

/*
 * Wait until the hart is here, or has stopped again: it went to the wrong place (boot.S). True: try
 * once more.
 */
static bool went_astray(const struct cpu *cpu)
{
	uint64_t patience = arch_counter_read() + START_PATIENCE_S * arch_counter_rate();

	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE) && arch_counter_read() < patience) {
		struct sbi_result status = sbi_call(cpu->hwid, 0, 0, 0, 0, 0, SBI_HSM_STATUS,
						    SBI_HSM);

		if (!status.error && status.value == SBI_HSM_STATE_STOPPED)
			return true;
		let_others_run();
	}
	return false;
}

int arch_cpu_start(struct cpu *cpu)
{
	uint64_t entry = (uint64_t)secondary_start - ARCH_IMAGE_BASE + arch_boot.image_pa;

	do {
		if (sbi_call(cpu->hwid, entry, (unsigned long)cpu->idle, 0, 0, 0, SBI_HSM_START,
			     SBI_HSM)
			    .error)
			return -EIO;
	} while (went_astray(cpu));
	return 0;
}

void arch_ipi_send(struct cpu *cpu)
{
	sbi_call(1, cpu->hwid, 0, 0, 0, 0, SBI_IPI_SEND, SBI_IPI);
}

/* The bit is the supervisor's own to set [RISC-V privileged 1.12, 4.1.3]: no call. */
void arch_ipi_self(struct cpu *cpu)
{
	(void)cpu;
	csr_set(CSR_SIP, 1 << IRQ_SOFTWARE);
}

bool arch_control_write(const char *text)
{
	static bool absent;

	if (!absent && semihosting_call(SEMIHOSTING_WRITE0, text) == SEMIHOSTING_ABSENT)
		absent = true;
	return !absent;
}

void arch_emulator_exit(int status)
{
	const uint64_t block[2] = {EXIT_APPLICATION, (uint64_t)(unsigned)status};

	semihosting_call(SEMIHOSTING_EXIT_EXTENDED, block);
}

static void reset(unsigned long kind)
{
	sbi_call(kind, 0, 0, 0, 0, 0, SBI_SRST_RESET, SBI_SRST);
}

void arch_power_off(void)
{
	reset(SBI_SRST_SHUTDOWN);
	sbi_call(0, 0, 0, 0, 0, 0, 0, SBI_LEGACY_SHUTDOWN);
}

void arch_reboot(void)
{
	reset(SBI_SRST_COLD_REBOOT);
}
