/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call of a handler on the program's stack. What lies there is the program's: it may change the
 * context or never come back to it. The kernel keeps nothing of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>

#include <arch/signal.h>
#include <base/bits.h>
#include <mem/user.h>
#include <mem/vm.h>

#include "signals.h"

struct signal_frame {
	siginfo_t info;
	ucontext_t context;
	uintptr_t restarted; /* stub of a call that is made again after the handler, 0: none */
};

#define CONTEXT(at, field) ((at) + offsetof(struct signal_frame, context.field))

bool signal_on_stack(const struct thread *thread, uintptr_t sp)
{
	return thread->signal_stack_size && sp > thread->signal_stack &&
	       sp - thread->signal_stack <= thread->signal_stack_size;
}

/* The kernel's own stacks are where the program finds them, but not for its use. */
static bool is_program_stack(uintptr_t sp)
{
	struct vm_region region;

	return user_range_ok((void *)(sp - 16), 16) &&
	       !(vm_find(sp - 1, false, &region) && region.kind == VM_KERNEL_STACK);
}

static int store(const struct signal_context *context, const struct signal_info *info, uintptr_t at,
		 uintptr_t extra, uintptr_t restarted)
{
	struct thread *self = thread_current();
	const struct {
		unsigned long flags;
		void *link;
		stack_t stack;
	} head = {0,
		  NULL,
		  {(void *)self->signal_stack,
		   !self->signal_stack_size				  ? SS_DISABLE
		   : signal_on_stack(self, arch_frame_sp(context->frame)) ? SS_ONSTACK
									  : 0,
		   self->signal_stack_size}};
	uint64_t mask = self->signal_resumes ? self->signal_resume : self->signal_mask;
	siginfo_t siginfo;

	_Static_assert(offsetof(ucontext_t, uc_stack) == 16, "the head of a context");
	signal_info_layout(info, &siginfo);
	if (user_copy_out((void *)at, &siginfo, sizeof(siginfo)) ||
	    user_copy_out((void *)CONTEXT(at, uc_flags), &head, sizeof(head)) ||
	    user_zero((void *)CONTEXT(at, uc_sigmask), sizeof(sigset_t)) ||
	    user_copy_out((void *)CONTEXT(at, uc_sigmask), &mask, sizeof(mask)) ||
	    user_copy_out((void *)(at + offsetof(struct signal_frame, restarted)), &restarted,
			  sizeof(restarted)))
		return -EFAULT;
	return arch_context_store(CONTEXT(at, uc_mcontext), extra, context->frame, context->area,
				  info->address)
		       ? -EFAULT
		       : 0;
}

int signal_frame_push(struct signal_context *context, const struct signal_info *info,
		      const struct kernel_sigaction *action, uintptr_t restarted)
{
	struct thread *self = thread_current();
	uintptr_t sp = arch_frame_sp(context->frame), extra, at, args[3];
	bool inside = signal_on_stack(self, sp);

	if (action->flags & SA_ONSTACK && self->signal_stack_size && !inside) {
		sp = self->signal_stack + self->signal_stack_size;
		inside = true;
	} else {
		sp -= ARCH_SIGNAL_SKIP;
	}
	if (!is_program_stack(sp) || arch_context_reserve(&sp, &extra))
		return -EFAULT;
	at = align_down(sp - sizeof(struct signal_frame), 16);
	if (!is_program_stack(at) || (inside && !signal_on_stack(self, at - 8)) ||
	    store(context, info, at, extra, restarted))
		return -EFAULT;
	args[0] = (uintptr_t)info->number;
	args[1] = at;
	args[2] = at + offsetof(struct signal_frame, context);
	if (arch_frame_call_handler(context->frame, action->handler, at,
				    (uintptr_t)uk_signal_return, args))
		return -EFAULT;
	arch_fpu_clean(context->area);
	return 0;
}

int signal_frame_pop(struct signal_context *context, uintptr_t at, uint64_t *mask,
		     uintptr_t *restarted)
{
	if (user_copy_in(mask, (void *)CONTEXT(at, uc_sigmask), sizeof(*mask)) ||
	    user_copy_in(restarted, (void *)(at + offsetof(struct signal_frame, restarted)),
			 sizeof(*restarted)) ||
	    arch_context_load(CONTEXT(at, uc_mcontext), context->frame, context->area) ||
	    !is_program_stack(arch_frame_sp(context->frame)))
		return -EFAULT;
	return 0;
}
