/* SPDX-License-Identifier: BSD-2-Clause */
/* Generic Interrupt Controller version 3, without LPIs [ARM IHI 0069H]. */
#include <errno.h>

#include <arch/cpu.h>
#include <base/bits.h>
#include <dev/device.h>
#include <dev/gic.h>
#include <dev/mmio.h>
#include <kernel/clock.h>
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <mem/linear.h>

#define GICD_CTLR     0x0000
#define GICD_TYPER    0x0004
#define GICD_IROUTER  0x6000
#define GICD_ARE_GRP1 ((1u << 4) | (1u << 1) | 1u)
#define GICD_RWP      (1u << 31)
#define GICR_TYPER    0x0008
#define GICR_WAKER    0x0014
#define GICR_SGI      0x10000 /* the second frame: private lines */
#define WAKER_SLEEP   (1u << 1)
#define WAKER_ASLEEP  (1u << 2)
#define TYPER_LAST    (1u << 4)
#define TYPER_VLPIS   (1u << 1)

#define ICC_PMR	    "S3_0_C4_C6_0"
#define ICC_IAR1    "S3_0_C12_C12_0"
#define ICC_EOIR1   "S3_0_C12_C12_1"
#define ICC_SGI1R   "S3_0_C12_C11_5"
#define ICC_SRE	    "S3_0_C12_C12_5"
#define ICC_CTLR    "S3_0_C12_C12_4"
#define ICC_IGRPEN1 "S3_0_C12_C12_7"

static volatile void *gicd, *redistributors, *own_frames[CPU_MAX];
static uint64_t redistributor_bytes, redistributor_stride;

static void wait_distributor(void)
{
	while (mmio_read32(gicd, GICD_CTLR) & GICD_RWP)
		arch_cpu_relax();
}

/* The redistributor whose affinity is the CPU's [12.11.36 GICR_TYPER]. */
static volatile void *find_redistributor(uint64_t hwid)
{
	uint32_t affinity = (uint32_t)((hwid & 0xffffff) | (hwid >> 8 & 0xff000000));

	for (uint64_t at = 0; at + 0x20000 <= redistributor_bytes;) {
		volatile void *frame = (volatile char *)redistributors + at;
		uint32_t typer = mmio_read32(frame, GICR_TYPER);

		if (mmio_read32(frame, GICR_TYPER + 4) == affinity)
			return frame;
		if (typer & TYPER_LAST)
			return NULL;
		at += redistributor_stride  ? redistributor_stride
		      : typer & TYPER_VLPIS ? 0x40000
					    : 0x20000;
	}
	return NULL;
}

static void gicv3_init_cpu(struct cpu *cpu)
{
	volatile void *frame = find_redistributor(cpu->hwid);

	if (!frame)
		panic("GICv3: no redistributor for CPU %lx", (unsigned long)cpu->hwid);
	own_frames[cpu->index] = (volatile char *)frame + GICR_SGI;
	mmio_write32(frame, GICR_WAKER, mmio_read32(frame, GICR_WAKER) & ~WAKER_SLEEP);
	while (mmio_read32(frame, GICR_WAKER) & WAKER_ASLEEP)
		arch_cpu_relax();
	gic_init_private_group1(own_frames[cpu->index]);
	__asm__ volatile("msr " ICC_SRE ", %0\n\tisb" ::"r"(7UL));
	__asm__ volatile("msr " ICC_PMR ", %0" ::"r"(0xffUL));
	__asm__ volatile("msr " ICC_CTLR ", xzr");
	__asm__ volatile("msr " ICC_IGRPEN1 ", %0\n\tisb" ::"r"(1UL));
}

/* One at a time: what else is pending interrupts again, and a woken thread need not wait for it. */
static void gicv3_handle(void)
{
	uint64_t line;

	__asm__ volatile("mrs %0, " ICC_IAR1 "\n\tdsb sy" : "=r"(line)::"memory");
	if (line >= GIC_SPECIAL)
		return;
	if (line < GIC_SGI_COUNT)
		cpu_ipi();
	else
		irq_deliver((unsigned)line);
	__asm__ volatile("msr " ICC_EOIR1 ", %0\n\tisb" ::"r"(line) : "memory");
}

static volatile void *bank_of(unsigned line)
{
	return line < GIC_SPI_FIRST ? own_frames[cpu_self()->index] : gicd;
}

static int gicv3_enable(unsigned line, enum irq_trigger trigger)
{
	struct irq_state state;

	if (line >= gic_line_count(mmio_read32(gicd, GICD_TYPER)))
		return -EINVAL;
	state = arch_irq_save();
	if (line >= GIC_SPI_FIRST)
		mmio_write64(gicd, GICD_IROUTER + 8 * line, cpu_boot.hwid);
	gic_configure(bank_of(line), line, trigger);
	arch_irq_restore(state);
	return 0;
}

static void gicv3_disable(unsigned line)
{
	gic_mask(bank_of(line), line);
}

/* SGI 0 to one CPU: Aff3.Aff2.Aff1 and a bit of the 16 Aff0 values around it. */
static void gicv3_send_ipi(struct cpu *cpu)
{
	uint64_t hwid = cpu->hwid, aff0 = hwid & 0xff;
	uint64_t value = (hwid >> 32 & 0xff) << 48 | (hwid >> 16 & 0xff) << 32 |
			 (hwid >> 8 & 0xff) << 16 | (aff0 >> 4) << 44 | 1UL << (aff0 & 15);

	__asm__ volatile("dsb ishst\n\tmsr " ICC_SGI1R ", %0\n\tisb" ::"r"(value) : "memory");
}

static const struct intc_ops gicv3_ops = {
	.name = "GICv3",
	.handle = gicv3_handle,
	.enable = gicv3_enable,
	.disable = gicv3_disable,
	.init_cpu = gicv3_init_cpu,
	.send_ipi = gicv3_send_ipi,
	.cells = 3,
	.decode = gic_decode,
};

static int gicv3_probe(const struct device *device)
{
	const uint8_t *stride;
	uint32_t len;

	if (device->reg_count < 2)
		return -EINVAL;
	gicd = linear_map_device(device->regs[0].pa, device->regs[0].size);
	redistributors = linear_map_device(device->regs[1].pa, device->regs[1].size);
	redistributor_bytes = device->regs[1].size;
	if (!gicd || !redistributors)
		return -ENOMEM;
	stride = device_property(device, "redistributor-stride", &len);
	if (stride && len == 8)
		redistributor_stride = (uint64_t)stride[4] << 24 | (uint64_t)stride[5] << 16 |
				       (uint64_t)stride[6] << 8 | stride[7];
	mmio_write32(gicd, GICD_CTLR, 0);
	wait_distributor();
	gic_init_shared_group1(gicd, gic_line_count(mmio_read32(gicd, GICD_TYPER)));
	mmio_write32(gicd, GICD_CTLR, GICD_ARE_GRP1);
	wait_distributor();
	irq_register_controller(&gicv3_ops);
	return 0;
}

static const char *const gicv3_compatible[] = {"arm,gic-v3", NULL};
DRIVER(gicv3) = {.name = "gicv3",
		 .compatible = gicv3_compatible,
		 .phase = DRIVER_INTC,
		 .probe = gicv3_probe};
