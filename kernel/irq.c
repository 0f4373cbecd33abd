/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt lines and their handlers: a short table, searched. */
#include <errno.h>

#include <arch/trap.h>
#include <base/compiler.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>

LOG_MODULE(irq);

#define ACTIONS_MAX 32

static const struct intc_ops *controller;

/*
 * Written under irq_lock; an entry is complete before its handler is set, and read without the
 * lock.
 */
static struct spinlock irq_lock;
static struct irq_action {
	irq_handler *handler;
	void *arg;
	const char *name;
	uint64_t count;
	unsigned line;
} actions[ACTIONS_MAX];
static unsigned actions_end; /* behind the last that was ever used */

void irq_register_controller(const struct intc_ops *ops)
{
	if (controller)
		log_error("%s: there is a root interrupt controller already", ops->name);
	else
		controller = ops;
}

const struct intc_ops *irq_controller(void)
{
	return controller;
}

int irq_attach(unsigned line, enum irq_trigger trigger, irq_handler *handler, void *arg,
	       const char *name)
{
	struct irq_state state;
	struct irq_action *action = NULL;
	int error;

	if (!controller)
		return -ENODEV;
	state = spinlock_lock(&irq_lock);
	for (unsigned i = 0; i < ACTIONS_MAX && !action; i++)
		if (!actions[i].handler)
			action = &actions[i];
	if (action) {
		action->arg = arg;
		action->name = name;
		action->line = line;
		action->count = 0;
		__atomic_store_n(&action->handler, handler, __ATOMIC_RELEASE);
		if (action == actions + actions_end)
			__atomic_store_n(&actions_end, actions_end + 1, __ATOMIC_RELEASE);
	}
	spinlock_unlock(&irq_lock, state);
	if (!action)
		return -ENOMEM;
	error = controller->enable(line, trigger);
	if (error)
		__atomic_store_n(&action->handler, NULL, __ATOMIC_RELEASE);
	return error;
}

void irq_detach(unsigned line)
{
	struct irq_state state = spinlock_lock(&irq_lock);

	controller->disable(line);
	for (unsigned i = 0; i < ACTIONS_MAX; i++)
		if (actions[i].handler && actions[i].line == line)
			__atomic_store_n(&actions[i].handler, NULL, __ATOMIC_RELEASE);
	spinlock_unlock(&irq_lock, state);
}

void irq_detach_handler(unsigned line, irq_handler *handler, const void *arg)
{
	struct irq_state state = spinlock_lock(&irq_lock);
	bool others = false;

	for (unsigned i = 0; i < ACTIONS_MAX; i++) {
		if (!actions[i].handler || actions[i].line != line)
			continue;
		if (actions[i].handler == handler && actions[i].arg == arg)
			__atomic_store_n(&actions[i].handler, NULL, __ATOMIC_RELEASE);
		else
			others = true;
	}
	if (!others)
		controller->disable(line);
	spinlock_unlock(&irq_lock, state);
}

void irq_deliver(unsigned line)
{
	unsigned end = __atomic_load_n(&actions_end, __ATOMIC_ACQUIRE);
	bool known = false;

	for (unsigned i = 0; i < end; i++) {
		irq_handler *handler = __atomic_load_n(&actions[i].handler, __ATOMIC_ACQUIRE);

		if (handler && actions[i].line == line) {
			/* Lines that each CPU has for itself come to several at once. */
			__atomic_fetch_add(&actions[i].count, 1, __ATOMIC_RELAXED);
			handler(actions[i].arg);
			known = true;
		}
	}
	if (!known) {
		controller->disable(line);
		log_warn("interrupt %u has no handler: masked", line);
	}
}

void irq_init_cpu(struct cpu *cpu)
{
	if (!controller)
		panic("no interrupt controller was found");
	controller->init_cpu(cpu);
}

bool irq_info(unsigned index, unsigned *line, const char **name, uint64_t *count)
{
	for (unsigned i = 0; i < ACTIONS_MAX; i++) {
		if (!actions[i].handler || index--)
			continue;
		*line = actions[i].line;
		*name = actions[i].name;
		*count = actions[i].count;
		return true;
	}
	return false;
}

TEXT_EARLY(trap_irq) void trap_irq(struct trap_frame *frame)
{
	(void)frame;
	(void)irq_watch_begin();
	controller->handle();
}
