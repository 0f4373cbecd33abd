# SPDX-License-Identifier: BSD-2-Clause
#
# QEMU's virt (aarch64, riscv64) and q35, pc, microvm (x86_64).

# Physical address the ELF file asks to be loaded at; the image runs anywhere.
LOAD_aarch64 := 0x40100000
LOAD_x86_64  := 0x100000
LOAD_riscv64 := 0x80200000

# Files below dev/, without .c.
BLOCK := block/ram block/partition block/virtio_blk \
	block/nvme block/nvme_admin block/nvme_io block/nvme_watch
VIRTIO := virtio/core virtio/queue virtio/mmio virtio/pci virtio/rng virtio/console \
	net/virtio_net net/virtio_net_rx net/virtio_net_control net/e1000e
PCI := bus/pci bus/pci_config bus/pci_bar bus/pci_irq
DRIVERS_aarch64 := uart/pl011 intc/gic intc/gicv2 intc/gicv3 intc/gicv2m rtc/pl031 \
	$(PCI) $(BLOCK) $(VIRTIO) bus/pci_fdt
DRIVERS_x86_64  := uart/ns16550 intc/ioapic intc/lapic_msi rtc/cmos clock/pmtimer clock/pit \
	bus/pc bus/acpi bus/acpi_power bus/mptable \
	$(PCI) $(BLOCK) $(VIRTIO) bus/pci_pc bus/pc_virtio
DRIVERS_riscv64 := uart/ns16550 uart/sbi intc/plic rtc/goldfish \
	$(PCI) $(BLOCK) $(VIRTIO) bus/pci_fdt
