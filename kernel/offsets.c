/* SPDX-License-Identifier: BSD-2-Clause */
/* Ties the numbers that assembly and tools use to the structures. */
#include <kernel/cpu.h>
#include <kernel/thread.h>

#define SAME(type, member, number)                                                                 \
	_Static_assert(__builtin_offsetof(type, member) == (number), #number)

SAME(struct thread, cpu, THREAD_CPU);
SAME(struct thread, kernel_sp, THREAD_KSP);
SAME(struct thread, app_tp, THREAD_TP);
SAME(struct thread, pending, THREAD_PENDING);
SAME(struct thread, id, THREAD_ID);
SAME(struct thread, name, THREAD_NAME);
SAME(struct thread, table_node, THREAD_TABLE_NODE);
SAME(struct cpu, self, CPU_SELF);
SAME(struct cpu, current, CPU_CURRENT);
SAME(struct cpu, irq_stack_top, CPU_IRQ_STACK_TOP);
SAME(struct cpu, emergency_top, CPU_EMERGENCY_TOP);
SAME(struct cpu, need_resched, CPU_NEED_RESCHED);
SAME(struct cpu, idle, CPU_IDLE);
SAME(struct cpu, arch, CPU_ARCH);
