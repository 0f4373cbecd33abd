/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library has one function for all kinds of mutexes, which saves eleven registers on riscv64
 * before it knows that the mutex is an ordinary one. Here those are let go at once.
 */
#include "pthread_impl.h"

#define KIND	   15 /* of type: 0 is ordinary */
#define ROBUST	   4
#define INHERIT	   8
#define SHARED	   128
#define OWNER	   0x3fffffff
#define OWNER_DIED 0x40000000
#define LOST	   0x7fffffff /* nobody can make it consistent any more */

static void list_leave(pthread_mutex_t *mutex, pthread_t self)
{
	volatile void *prev = mutex->_m_prev, *next = mutex->_m_next;

	*(volatile void *volatile *)prev = next;
	if (next != &self->robust_list.head)
		((volatile void *volatile *)next)[-1] = prev;
}

static void inheriting_unlock(pthread_mutex_t *mutex, int old, int value)
{
	if (old >= 0 && a_cas(&mutex->_m_lock, old, value) == old)
		return;
	if (value)
		a_store(&mutex->_m_waiters, -1);
	__syscall(SYS_futex, &mutex->_m_lock, FUTEX_UNLOCK_PI | FUTEX_PRIVATE);
}

/* A mutex whose owner is known. */
static __attribute__((__noinline__)) int owned_unlock(pthread_mutex_t *mutex)
{
	pthread_t self = __pthread_self();
	int type = mutex->_m_type, waiters = mutex->_m_waiters, old = mutex->_m_lock, value = 0;

	if ((old & OWNER) != self->tid)
		return EPERM;
	if ((type & 3) == PTHREAD_MUTEX_RECURSIVE && mutex->_m_count) {
		mutex->_m_count--;
		return 0;
	}
	if (type & ROBUST && old & OWNER_DIED)
		value = LOST;
	/* While it is pending the kernel looks after it, should the thread end in between. */
	if (type & SHARED) {
		self->robust_list.pending = &mutex->_m_next;
		__vm_lock();
	}
	list_leave(mutex, self);
	if (type & INHERIT)
		inheriting_unlock(mutex, old, value);
	else if (a_swap(&mutex->_m_lock, value) < 0 || waiters)
		__wake(&mutex->_m_lock, 1, !(type & SHARED));
	if (type & SHARED) {
		self->robust_list.pending = NULL;
		__vm_unlock();
	}
	return 0;
}

/* Once it is unlocked it may be gone: everything is read before, and the wake-up is by address. */
int __pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	int type = mutex->_m_type, waiters = mutex->_m_waiters;

	if (type & KIND)
		return owned_unlock(mutex);
	if (a_swap(&mutex->_m_lock, 0) < 0 || waiters)
		__wake(&mutex->_m_lock, 1, !(type & SHARED));
	return 0;
}

weak_alias(__pthread_mutex_unlock, pthread_mutex_unlock);
