# SPDX-License-Identifier: BSD-2-Clause
CROSS_DEFAULT := x86_64-linux-gnu-
LD_EMULATION  := elf_x86_64
ARCH_CFLAGS   := -mno-red-zone -fcf-protection=none
ARCH_KERNEL   := -mgeneral-regs-only -mpreferred-stack-boundary=3
ARCH_ASFLAGS  :=
CFLAGS.mem/boot_map.c := -fno-stack-protector
