/* SPDX-License-Identifier: BSD-2-Clause */
/* Beginning and end of threads. */
#include <sys/mman.h>

#include "libc.h"
#include "lock.h"
#include "stdio_impl.h"
#include "threads.h"

#include <abi/start.h>

#define OWN_ON_STACK_MAX 2048

_Static_assert(offsetof(struct thread_block, id) == offsetof(struct thread_block, running) + 4,
	       "two words of the thread's life");

hidden long uk_sys_thread_ending(void);
hidden long uk_sys_thread_create(struct uk_thread_start *start);

/* What a program that does not use it does not link; pthread_key_create.c and others have them. */
static void nothing(void)
{
}
weak_alias(nothing, __pthread_tsd_run_dtors);
weak_alias(nothing, __do_orphaned_stdio_locks);
weak_alias(nothing, __thread_memory_release);
weak_alias(nothing, __thread_regions_release);
hidden void __do_orphaned_stdio_locks(void);
hidden void __thread_memory_release(void);
hidden void __thread_regions_release(void);

static volatile size_t no_keys;
static void *no_key_values[1];
static FILE *volatile no_file;
weak_alias(no_keys, __pthread_tsd_size);
weak_alias(no_key_values, __pthread_tsd_main);
weak_alias(no_file, __stdin_used);
weak_alias(no_file, __stdout_used);
weak_alias(no_file, __stderr_used);

static void file_lock_on(FILE *file)
{
	if (file && file->lock < 0)
		file->lock = 0;
}

/* The program is to have a second thread. */
static void become_threaded(void)
{
	for (FILE *file = *__ofl_lock(); file; file = file->next)
		file_lock_on(file);
	__ofl_unlock();
	file_lock_on(__stdin_used);
	file_lock_on(__stdout_used);
	file_lock_on(__stderr_used);
	__pthread_self()->tsd = __pthread_tsd_main;
	list_lock();
	__uk_blocks_init();
	list_unlock();
	libc.threaded = 1;
}

static _Noreturn void thread_main(void *arg)
{
	struct thread_block *block = arg;
	void *result;

	while (block->suspended && !a_swap(&block->permit, 0))
		__syscall(SYS_futex, &block->permit, FUTEX_WAIT | FUTEX_PRIVATE, 0, 0);
	if (block->killed) /* before it began */
		__pthread_exit(PTHREAD_CANCELED);
	if (block->c11)
		result = (void *)(intptr_t)((int (*)(void *))(uintptr_t)block->fn)(block->arg);
	else
		result = block->fn(block->arg);
	__pthread_exit(result);
}

/*
 * A thread that faulted ends as if it were cancelled: its cleanup handlers run. Their list is on
 * the stack and may be what is broken: then it is dropped.
 */
static void thread_fault_exit(long again)
{
	__uk_block_self()->spoiled = true;
	if (again)
		__pthread_self()->cancelbuf = NULL;
	__pthread_exit(PTHREAD_CANCELED);
}

static size_t round_up(size_t size)
{
	return (size + PAGE_SIZE - 1) & -PAGE_SIZE;
}

static unsigned char *map_block(size_t size, size_t guard)
{
	unsigned char *map = __mmap(NULL, size, guard ? PROT_NONE : PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANON, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (guard && __mprotect(map + guard, size - guard, PROT_READ | PROT_WRITE)) {
		__munmap(map, size);
		return NULL;
	}
	return map;
}

/*
 * Memory for a thread, of `size` bytes, in which the last `own` before the block are zero. The lock
 * is held, and given up while memory is mapped.
 */
static struct thread_block *block_new(size_t size, size_t guard, size_t own)
{
	struct thread_block *block = __uk_block_reuse(size, guard);
	unsigned char *map;

	if (block) {
		map = block->map;
		memset((char *)block - own, 0, own);
	} else {
		list_unlock();
		map = map_block(size, guard);
		list_lock();
		if (!map)
			return NULL;
		block = (struct thread_block *)(map + size) - 1;
	}
	*block = (struct thread_block){.map = map, .size = size, .guard = guard};
	return block;
}

/* The C library's part of the block. */
static pthread_t thread_new(struct thread_block *block, const struct thread_request *request)
{
	pthread_t self = __pthread_self();
	char *keys = (char *)block - __pthread_tsd_size;
	pthread_t new = __copy_tls((unsigned char *)keys - libc.tls_size);

	new->map_base = block->map;
	new->map_size = block->size;
	new->stack = keys - libc.tls_size;
	if (!request->stack_top) {
		new->stack_size = (size_t)((char *)new->stack - (char *)block->map) - block->guard;
	} else {
		if (block->map)
			new->stack = (void *)(request->stack_top & -16ul);
		new->stack_size = (size_t)((char *)new->stack - (char *)request->stack_top) +
				  request->stack_size;
	}
	new->guard_size = block->guard;
	new->self = new;
	new->tsd = (void **)keys;
	new->locale = &libc.global_locale;
	new->detach_state = request->detached ? DT_DETACHED : DT_JOINABLE;
	new->robust_list.head = &new->robust_list.head;
	new->canary = self->canary;
	new->sysinfo = self->sysinfo;
	return new;
}

static void thread_link(struct thread_block *block)
{
	pthread_t self = __pthread_self(), new = block->thread;

	if (!libc.threads_minus_1++)
		libc.need_locks = 1;
	new->next = self->next;
	new->prev = self;
	new->next->prev = new;
	new->prev->next = new;
	__uk_block_enter(block);
	__uk_ids_enter(block);
}

void __uk_thread_unlink(pthread_t thread)
{
	if (!--libc.threads_minus_1)
		libc.need_locks = -1;
	thread->next->prev = thread->prev;
	thread->prev->next = thread->next;
	thread->prev = thread->next = thread;
}

static int block_start(struct thread_block *block, const struct thread_request *request, int *id)
{
	pthread_t new = block->thread;
	struct uk_thread_start start = {
		.entry = thread_main,
		.arg = block,
		.stack = (void *)((uintptr_t) new->stack & -16ul),
		.tp = TP_ADJ(new),
		.tid = &new->tid,
		.life = (int *)&block->running,
		.fault_exit = thread_fault_exit,
		.name = request->name,
		.scheduled = (unsigned char)request->scheduled,
		.detached = request->detached,
		.policy = (short)request->policy,
		.priority = request->priority,
		.affinity = request->affinity,
	};
	long error = uk_sys_thread_create(&start);

	if (error > 0) {
		*id = (int)error;
		return 0;
	}
	list_lock();
	__uk_thread_unlink(new);
	__uk_block_retire(block);
	list_unlock();
	return error == -ENOMEM ? EAGAIN : (int)-error;
}

/* A stack of the program's own that is large enough holds the block, too. */
static struct thread_block *block_on(const struct thread_request *request, size_t own)
{
	uintptr_t top = request->stack_top & -64ul;
	struct thread_block *block = (struct thread_block *)top - 1;

	if (own + sizeof(*block) > request->stack_size / 8 || own > OWN_ON_STACK_MAX)
		return NULL;
	memset((char *)block - own, 0, own);
	*block = (struct thread_block){.map = NULL};
	return block;
}

static struct thread_block *block_for(const struct thread_request *request)
{
	size_t own = libc.tls_size + __pthread_tsd_size, guard, size;
	struct thread_block *block;

	if (request->stack_top) {
		block = block_on(request, own);
		return block ? block : block_new(round_up(own + sizeof(*block)), 0, own);
	}
	guard = round_up(request->guard_size);
	size = guard + round_up(request->stack_size + own + sizeof(*block));
	return block_new(size, guard, own);
}

static int try_start(const struct thread_request *request, pthread_t *thread, int *id)
{
	struct thread_block *block;

	list_lock();
	block = block_for(request);
	if (!block) {
		list_unlock();
		return EAGAIN;
	}
	block->thread = thread_new(block, request);
	block->fn = request->fn;
	block->native = request->native;
	block->arg = request->arg;
	block->detached = request->detached;
	block->suspended = request->suspended;
	block->c11 = request->c11;
	thread_link(block);
	list_unlock();
	/* From here on it may run, and be gone with its block. */
	*thread = block->thread;
	return block_start(block, request, id);
}

int __uk_thread_start(const struct thread_request *request, pthread_t *thread, int *id)
{
	int error;

	if (!libc.threaded)
		become_threaded();
	error = try_start(request, thread, id);
	if (error == EAGAIN) {
		__uk_blocks_trim(true);
		error = try_start(request, thread, id);
	}
	if (error || __uk_blocks_crowded)
		__uk_blocks_trim(error);
	return error;
}

int __pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attr,
		     void *(*fn)(void *), void *restrict arg)
{
	struct thread_request request = {
		.fn = fn,
		.arg = arg,
		.stack_size = __default_stacksize,
		.guard_size = __default_guardsize,
	};
	int id;

	if (attr == __ATTRP_C11_THREAD) {
		request.c11 = true;
	} else if (attr) {
		request.stack_size = attr->_a_stacksize;
		request.guard_size = attr->_a_guardsize;
		request.stack_top = attr->_a_stackaddr;
		request.detached = attr->_a_detach;
		request.scheduled = attr->_a_sched;
		request.policy = attr->_a_policy;
		request.priority = attr->_a_prio;
		request.affinity = attr->_a_affinity;
	}
	/* The new thread may be the next that runs: *thread is written before. */
	return __uk_thread_start(&request, thread, &id);
}

/* Nobody else is there: not a thread's end, but the program's. */
static _Noreturn void exit_alone(void)
{
	list_unlock();
	exit(0);
}

/* Robust mutexes it still holds: their next owner is told. */
static void mutexes_release(pthread_t self)
{
	volatile void *volatile *link;

	if (self->robust_list.head == &self->robust_list.head)
		return;
	__vm_lock();
	while ((link = self->robust_list.head) && link != &self->robust_list.head) {
		pthread_mutex_t *mutex =
			(void *)((char *)link - offsetof(pthread_mutex_t, _m_next));
		int waiters = mutex->_m_waiters, private = (mutex->_m_type & 128) ^ 128;

		self->robust_list.pending = link;
		self->robust_list.head = *link;
		if (a_swap(&mutex->_m_lock, 0x40000000) < 0 || waiters)
			__wake(&mutex->_m_lock, 1, private);
		self->robust_list.pending = NULL;
	}
	__vm_unlock();
}

/* As LOCK() and UNLOCK(), in place where nobody else wants it. */
#define LOCKED_ALONE (INT_MIN + 1)

static void kill_lock(pthread_t self)
{
	if (a_cas(self->killlock, 0, LOCKED_ALONE))
		LOCK(self->killlock);
}

static void kill_unlock(pthread_t self)
{
	if (a_cas(self->killlock, LOCKED_ALONE, 0) != LOCKED_ALONE)
		UNLOCK(self->killlock);
}

_Noreturn void __pthread_exit(void *result)
{
	pthread_t self = __pthread_self();
	struct thread_block *block;

	self->canceldisable = 1;
	self->cancelasync = 0;
	self->result = result;
	while (self->cancelbuf) {
		struct __ptcb *handler = self->cancelbuf;

		self->cancelbuf = handler->__next;
		handler->__f(handler->__x);
	}
	__pthread_tsd_run_dtors();
	__thread_regions_release();
	__thread_memory_release();
	list_lock();
	if (self->next == self)
		exit_alone();
	/* From here on no handler runs, which might ask for a lock that we have. */
	uk_sys_thread_ending();
	kill_lock(self);
	self->tid = 0;
	kill_unlock(self);
	mutexes_release(self);
	__do_orphaned_stdio_locks();
	block = __uk_block_self();
	__uk_thread_unlink(self);
	block->ended = true;
	if (block->detached)
		__uk_block_retire(block);
	list_unlock();
	for (;;)
		__syscall(SYS_exit, 0);
}

void __do_cleanup_push(struct __ptcb *handler)
{
	pthread_t self = __pthread_self();

	handler->__next = self->cancelbuf;
	self->cancelbuf = handler;
}

void __do_cleanup_pop(struct __ptcb *handler)
{
	__pthread_self()->cancelbuf = handler->__next;
}

weak_alias(__pthread_exit, pthread_exit);
weak_alias(__pthread_create, pthread_create);
