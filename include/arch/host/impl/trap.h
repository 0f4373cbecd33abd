/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct trap_frame {
	uintptr_t pc, sp, fp, link, arg;
};

static inline uintptr_t arch_frame_pc(const struct trap_frame *frame)
{
	return frame->pc;
}

static inline uintptr_t arch_frame_sp(const struct trap_frame *frame)
{
	return frame->sp;
}

static inline uintptr_t arch_frame_fp(const struct trap_frame *frame)
{
	return frame->fp;
}

static inline uintptr_t arch_frame_return_address(const struct trap_frame *frame)
{
	return frame->link;
}

static inline void arch_frame_set_pc(struct trap_frame *frame, uintptr_t pc)
{
	frame->pc = pc;
}

static inline void arch_frame_set_call(struct trap_frame *frame, uintptr_t pc, uintptr_t sp,
				       uintptr_t arg)
{
	*frame = (struct trap_frame){.pc = pc, .sp = sp, .arg = arg};
}
