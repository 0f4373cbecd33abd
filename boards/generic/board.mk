# SPDX-License-Identifier: BSD-2-Clause
#
# Any board of the processor: all drivers that can serve it.

LOAD_aarch64 := 0x40100000
LOAD_x86_64  := 0x100000
LOAD_riscv64 := 0x80200000

DRIVERS_aarch64 := uart/pl011 uart/ns16550 intc/gic intc/gicv2 intc/gicv3 rtc/pl031
DRIVERS_x86_64  := uart/ns16550 intc/ioapic rtc/cmos clock/pmtimer clock/pit clock/hpet \
	bus/pc bus/acpi bus/acpi_power bus/mptable
DRIVERS_riscv64 := uart/ns16550 uart/sbi intc/plic rtc/goldfish power/sifive_test power/syscon
