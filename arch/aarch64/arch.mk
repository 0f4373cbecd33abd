# SPDX-License-Identifier: BSD-2-Clause
CROSS_DEFAULT := aarch64-linux-gnu-
LD_EMULATION  := aarch64linux
ARCH_CFLAGS   := -mno-outline-atomics -mcmodel=small
ARCH_KERNEL   := -mgeneral-regs-only
ARCH_ASFLAGS  :=
# Runs with translation off, where memory is Device memory and must be accessed aligned.
CFLAGS.mem/boot_map.c := -mstrict-align -fno-stack-protector
CFLAGS.arch/aarch64/boot_early.c := -mstrict-align -fno-stack-protector
