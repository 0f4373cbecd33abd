# SPDX-License-Identifier: BSD-2-Clause
CROSS_DEFAULT := riscv64-linux-gnu-
LD_EMULATION  := elf64lriscv
# Strings and arrays of bytes are not stretched to words.
ARCH_CFLAGS   := -mcmodel=medany -malign-data=natural
# There is no -mgeneral-regs-only: the kernel is compiled for a CPU without floating point, and
# kernel.o is marked as double-float afterwards, so that it links with the application.
ARCH_KERNEL   := -march=rv64imac_zicsr_zifencei -mabi=lp64
ARCH_APP      := -march=rv64gc -mabi=lp64d
ARCH_ASFLAGS  := -march=rv64gc_zicsr_zifencei -mabi=lp64
KERNEL_E_FLAGS := 005
CFLAGS.mem/boot_map.c := -fno-stack-protector
# Of what is never hot: functions share the code that saves registers.
ARCH_SMALL := -msave-restore
