/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that are pending. A set of bits for each thread and one for the process say which; what
 * came with them lies in a bounded pool, in the order of arrival. A bit without an entry is a
 * signal of which nothing but its number was kept: so a standard signal is never lost for lack of
 * room.
 */
#include <errno.h>

#include <fault/report.h>
#include <kernel/log.h>
#include <kernel/waitq.h>
#include <mem/heap.h>
#include <posix/process.h>

#include "signals.h"

LOG_MODULE(posix);

#define POOL_FIRST 16

struct entry {
	struct list node;
	const struct thread *target; /* NULL: the process */
	struct signal_info info;
};

struct spinlock signal_lock;
void (*signal_timer_taken)(int32_t timer, int32_t overrun);
struct kernel_sigaction signal_actions[SIGNAL_COUNT];

/* Few programs queue signals: for the others there are entries enough to tell who sent one. */
static struct entry pool[POOL_FIRST];
static struct entry *pool_rest; /* the others, once somebody queues; atomic */
static unsigned pool_used;	/* entries that were ever taken: the others are not on a list */
static struct list free_entries = LIST_INIT(free_entries);
static struct list queue = LIST_INIT(queue);
static struct list watchers = LIST_INIT(watchers);

static struct entry *entry_alloc(void)
{
	if (!list_empty(&free_entries))
		return LIST_ENTRY(list_pop_front(&free_entries), struct entry, node);
	if (pool_used < POOL_FIRST)
		return &pool[pool_used++];
	if (pool_used == SIGNAL_QUEUE_MAX || !pool_rest)
		return NULL;
	return &pool_rest[pool_used++ - POOL_FIRST];
}

void signal_queue_grow(void)
{
	struct entry *rest = NULL, *none = NULL;

	if (!__atomic_load_n(&pool_rest, __ATOMIC_RELAXED))
		rest = heap_alloc((SIGNAL_QUEUE_MAX - POOL_FIRST) * sizeof(*rest));
	if (rest && !__atomic_compare_exchange_n(&pool_rest, &none, rest, false, __ATOMIC_RELEASE,
						 __ATOMIC_RELAXED))
		heap_free(rest);
}

static void entry_free(struct entry *entry)
{
	list_remove(&entry->node);
	list_push_back(&free_entries, &entry->node);
}

static struct entry *entry_find(const struct thread *target, int number)
{
	LIST_FOR_EACH (struct entry, entry, &queue, node)
		if (entry->target == target && entry->info.number == number)
			return entry;
	return NULL;
}

bool signal_ignored_by_default(int number)
{
	/* A stopped program could be continued by nobody: there is no other. */
	return number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT ||
	       (number >= SIGSTOP && number <= SIGTTOU);
}

/* Of a signal that nothing blocks. */
static bool ignored(int number)
{
	uintptr_t handler = signal_actions[number - 1].handler;

	return handler == (uintptr_t)SIG_IGN ||
	       (handler == (uintptr_t)SIG_DFL && signal_ignored_by_default(number));
}

static bool deadly(int number)
{
	return signal_actions[number - 1].handler == (uintptr_t)SIG_DFL &&
	       !signal_ignored_by_default(number);
}

/* Is it of a kind that queues: those of the C library are for one purpose each. */
static bool queues(int number)
{
	return number > SIGNAL_SYNCCALL;
}

/* A timer's signal that is still queued is not queued again. */
static bool timer_overrun(const struct thread *target, const struct signal_info *info)
{
	if (info->code != SI_TIMER)
		return false;
	LIST_FOR_EACH (struct entry, entry, &queue, node) {
		if (entry->target == target && entry->info.number == info->number &&
		    entry->info.code == SI_TIMER && entry->info.sender == info->sender) {
			entry->info.overrun += 1 + info->overrun;
			return true;
		}
	}
	return false;
}

static void thread_ended(void);
static void blocked(uint64_t set);
static bool interrupts(void);
static void take_default(void);

static const struct signal_hooks hooks = {thread_ended, blocked, interrupts};

void signal_enable(void)
{
	__atomic_store_n(&signal_hooks, &hooks, __ATOMIC_RELEASE);
	signal_take_default = take_default;
	trap_exit_enable();
}

static int make_pending(struct thread *target, const struct signal_info *info)
{
	uint64_t *pending = target ? &target->signal_pending : &signal_process_pending;
	struct entry *entry;

	if (timer_overrun(target, info))
		return 0;
	if (!queues(info->number) && *pending & signal_bit(info->number))
		return 0;
	entry = entry_alloc();
	if (!entry && queues(info->number))
		return -EAGAIN;
	if (entry) {
		entry->target = target;
		entry->info = *info;
		list_push_back(&queue, &entry->node);
	}
	__atomic_fetch_or(pending, signal_bit(info->number), __ATOMIC_SEQ_CST);
	signal_enable();
	LIST_FOR_EACH (struct signal_watch, watch, &watchers, node)
		watch->notify(watch, info->number);
	return 0;
}

/* Read from outside: see send_to(). */
static bool takes(const struct thread *thread, int number)
{
	return !(READ_ONCE(thread->signal_mask) & signal_bit(number));
}

static bool waits_for(const struct thread *thread, int number)
{
	return READ_ONCE(thread->signal_waiting) & signal_bit(number);
}

/*
 * Threads of the program that are not past their end, nor before their beginning: those have no
 * mask yet.
 */
static bool can_receive(const struct thread *thread)
{
	return !thread->kernel_only && !__atomic_load_n(&thread->ending, __ATOMIC_ACQUIRE) &&
	       thread->state != THREAD_DEAD && thread->state != THREAD_NEW;
}

/* What becomes of a signal, told by who could take it. */
struct sending {
	const struct signal_info *info;
	int32_t tid;
	struct thread *best; /* who shall take it */
	bool open;	     /* somebody does not block it */
	bool waited;	     /* somebody waits for it */
	bool done, ends;
	int error;
};

/* Nothing remains of it: it is ignored, or the program ends as soon as no lock is held. */
static bool consumed(struct sending *sending)
{
	if (!sending->open || sending->waited)
		return false;
	sending->ends = deadly(sending->info->number);
	return sending->ends || ignored(sending->info->number);
}

/* Those by which a program says, or is told, that it is broken. */
static bool has_report(int number)
{
	return 1UL << number & (1UL << SIGABRT | 1UL << SIGILL | 1UL << SIGBUS | 1UL << SIGFPE |
				1UL << SIGSEGV | 1UL << SIGTRAP | 1UL << SIGSYS | 1UL << SIGQUIT);
}

_Noreturn void signal_end_program(int number)
{
	if (has_report(number))
		fault_report_signal(number, (uintptr_t)__builtin_frame_address(0));
	else
		log_warn("signal %d ends the program", number);
	process_exit(128 + number);
}

static int end_or_error(const struct sending *sending)
{
	if (sending->ends)
		signal_end_program(sending->info->number);
	return sending->error;
}

/*
 * The signal is made pending before the mask is looked at, and signal_set_mask() does it the other
 * way round: one of the two sees what the other did.
 */
static void send_to(struct sending *sending, struct thread *thread)
{
	struct irq_state state = spinlock_lock(&signal_lock);
	int number = sending->info->number;

	sending->open = takes(thread, number);
	sending->waited = waits_for(thread, number);
	if (!consumed(sending)) {
		sending->error = make_pending(thread, sending->info);
		if (!sending->error && (takes(thread, number) || waits_for(thread, number)))
			thread_interrupt(thread, PENDING_SIGNAL);
	}
	spinlock_unlock(&signal_lock, state);
}

static void send_if_id(const struct thread *thread, void *arg)
{
	struct sending *sending = arg;

	if (thread->id == sending->tid && can_receive(thread)) {
		sending->error = 0;
		if (sending->info->number)
			send_to(sending, (struct thread *)thread);
	}
}

int signal_send_id(int32_t tid, const struct signal_info *info)
{
	struct sending sending = {.info = info, .tid = tid, .error = -ESRCH};

	thread_for_each(send_if_id, &sending);
	return end_or_error(&sending);
}

/* Who waits for it comes first, then the main thread, which is the first in the table. */
static void consider(const struct thread *thread, void *arg)
{
	struct sending *sending = arg;
	int number = sending->info->number;
	bool waits = waits_for(thread, number);

	if (!can_receive(thread))
		return;
	sending->open |= takes(thread, number);
	if ((takes(thread, number) || waits) && (!sending->best || (waits && !sending->waited)))
		sending->best = (struct thread *)thread;
	sending->waited |= waits;
}

/* Inside the table's lock: the chosen one is still there. */
static void wake_chosen(const struct thread *thread, void *arg)
{
	struct sending *sending = arg;
	int number = sending->info->number;

	if (thread != sending->best)
		return;
	sending->done = can_receive(thread) && (takes(thread, number) || waits_for(thread, number));
	if (sending->done)
		thread_interrupt((struct thread *)thread, PENDING_SIGNAL);
}

/*
 * Find somebody for a signal that is pending for the process. Who changes a mask, waits or ends
 * afterwards looks for itself, so no signal stays with nobody.
 */
void signal_elect(int number)
{
	const struct signal_info info = {.number = number};
	struct sending sending;

	do {
		sending = (struct sending){.info = &info};
		thread_for_each(consider, &sending);
		if (sending.best)
			thread_for_each(wake_chosen, &sending);
	} while (sending.best && !sending.done);
}

int signal_send_process(const struct signal_info *info)
{
	struct sending sending = {.info = info};
	struct irq_state state;

	thread_for_each(consider, &sending);
	if (consumed(&sending))
		return end_or_error(&sending);
	state = spinlock_lock(&signal_lock);
	sending.error = make_pending(NULL, info);
	spinlock_unlock(&signal_lock, state);
	if (!sending.error)
		signal_elect(info->number);
	return sending.error;
}

/* The lowest of `set` that is pending in *pending. */
static bool take_from(uint64_t *pending, const struct thread *target, uint64_t set,
		      struct signal_info *out)
{
	struct entry *entry;
	int number;

	set &= *pending;
	if (!set)
		return false;
	number = __builtin_ctzl(set) + 1;
	entry = entry_find(target, number);
	*out = (struct signal_info){.number = number, .code = SI_USER, .sender = 1};
	if (entry) {
		*out = entry->info;
		if (out->code == SI_TIMER && signal_timer_taken)
			signal_timer_taken(out->sender, out->overrun);
		entry_free(entry);
	}
	if (!entry_find(target, number))
		__atomic_fetch_and(pending, ~signal_bit(number), __ATOMIC_RELAXED);
	return true;
}

bool signal_take_locked(struct thread *self, uint64_t set, struct signal_info *out)
{
	return take_from(&self->signal_pending, self, set, out) ||
	       take_from(&signal_process_pending, NULL, set, out);
}

bool signal_take(uint64_t set, struct signal_info *out)
{
	struct irq_state state = spinlock_lock(&signal_lock);
	bool taken = signal_take_locked(thread_current(), set, out);

	spinlock_unlock(&signal_lock, state);
	return taken;
}

uint64_t signal_pending(void)
{
	return thread_current()->signal_pending |
	       __atomic_load_n(&signal_process_pending, __ATOMIC_RELAXED);
}

static void drop_entries(const struct thread *target, uint64_t set)
{
	LIST_FOR_EACH_SAFE (struct entry, entry, &queue, node)
		if (entry->target == target && set & signal_bit(entry->info.number))
			entry_free(entry);
}

static void drop_of_thread(const struct thread *thread, void *arg)
{
	struct irq_state state = spinlock_lock(&signal_lock);
	uint64_t set = *(uint64_t *)arg;

	if (thread->signal_pending & set) {
		__atomic_fetch_and(&((struct thread *)thread)->signal_pending, ~set,
				   __ATOMIC_RELAXED);
		drop_entries(thread, set);
	}
	spinlock_unlock(&signal_lock, state);
}

void signal_drop(uint64_t set)
{
	struct irq_state state = spinlock_lock(&signal_lock);

	drop_entries(NULL, set);
	__atomic_fetch_and(&signal_process_pending, ~set, __ATOMIC_RELAXED);
	spinlock_unlock(&signal_lock, state);
	thread_for_each(drop_of_thread, &set);
}

/* The calling thread ends: nothing more can be sent to it. What it was to take goes to others. */
static void thread_ended(void)
{
	struct thread *self = thread_current();

	drop_of_thread(self, &(uint64_t){UINT64_MAX});
	blocked(~self->signal_mask);
}

/* The calling thread takes these no more. */
static void blocked(uint64_t set)
{
	set &= __atomic_load_n(&signal_process_pending, __ATOMIC_RELAXED);
	for (; set; set &= set - 1)
		signal_elect(__builtin_ctzl(set) + 1);
}

/* Of the calling thread's: the ignored are forgotten. Clears the request when nothing is left. */
static bool interrupts(void)
{
	struct thread *self = thread_current();
	struct irq_state state = spinlock_lock(&signal_lock);
	uint64_t set = signal_pending() & ~self->signal_mask;
	struct signal_info info;
	bool found = READ_ONCE(self->pending) & (PENDING_EXIT | PENDING_KILL);

	for (; set && !found; set &= set - 1) {
		found = !ignored(__builtin_ctzl(set) + 1);
		while (!found && signal_take_locked(self, set & -set, &info))
			;
	}
	if (!found)
		__atomic_fetch_and(&self->pending, ~PENDING_SIGNAL, __ATOMIC_SEQ_CST);
	spinlock_unlock(&signal_lock, state);
	return found;
}

/* Where there are no handlers, what is not blocked any more ends the program or is dropped. */
static void take_default(void)
{
	struct signal_info info;

	while (signal_take(~thread_current()->signal_mask, &info))
		if (deadly(info.number))
			signal_end_program(info.number);
}

void signal_watch(struct signal_watch *watch)
{
	struct irq_state state = spinlock_lock(&signal_lock);

	list_push_back(&watchers, &watch->node);
	spinlock_unlock(&signal_lock, state);
}

void signal_unwatch(struct signal_watch *watch)
{
	struct irq_state state = spinlock_lock(&signal_lock);

	list_remove(&watch->node);
	spinlock_unlock(&signal_lock, state);
}

void signal_info_layout(const struct signal_info *info, void *siginfo)
{
	siginfo_t *to = siginfo;

	*to = (siginfo_t){.si_signo = info->number, .si_code = info->code};
	if (info->address || info->code > 0) {
		to->si_addr = (void *)info->address;
		return;
	}
	to->si_pid = info->sender;
	to->si_overrun = info->overrun; /* or the user, 0 */
	to->si_value.sival_ptr = (void *)info->value;
}
