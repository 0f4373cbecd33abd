/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of the program, between the files of posix/libc. Each has a block of memory: a guard, the
 * stack, the C library's struct pthread with the thread-local storage, the keys' values, and struct
 * thread_block at the very end. Blocks of ended threads are kept for later, so that most threads
 * start without a mapping made and without a page to be filled.
 *
 * A block may be used again when its `running` is 0, which the kernel writes when the thread has
 * left its stack. So a thread that nobody joins can put its own block among those that are kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pthread_impl.h"

/* The C library's list lock, inline: each life of a thread takes it five times. */
hidden void __uk_list_wait(void);
hidden void __uk_list_wake(void);
hidden extern volatile int __uk_list_waiters;

static inline void list_lock(void)
{
	if (a_cas(&__thread_list_lock, 0, 1))
		__uk_list_wait();
}

static inline void list_unlock(void)
{
	a_store(&__thread_list_lock, 0);
	if (__uk_list_waiters)
		__uk_list_wake();
}

/* An attribute of ours, in words of pthread_attr_t that the C library leaves alone. */
#define _a_affinity __u.__s[5]

struct thread_block {
	struct thread_block *hash_next;	  /* same bucket, or next of those that are kept */
	struct thread_block *prev, *next; /* thread_ids.c */
	pthread_t thread;
	volatile int running; /* the thread's id; 0: it is off its stack */
	int id;		      /* stays; both are written by the kernel (struct uk_thread_start) */
	bool detached, joining, ended; /* ended: taken off the C library's list of threads */
	volatile bool killed;	       /* thread_kill() */
	bool suspended;		       /* does not begin before it is woken */
	bool c11, indexed;
	bool spoiled;	     /* after a fault its guard may be open: not to be used again */
	volatile int permit; /* thread_wake() came before thread_block() */
	unsigned char *map;  /* NULL: the main thread's */
	size_t size, guard;
	void *(*fn)(void *arg);
	void (*native)(void *arg); /* of <unishyper/thread.h> */
	void *arg;
	void *owned; /* memory that goes with the thread (<unishyper/mm.h>) */
};

/* How a thread is to be; 0 is always the usual. */
struct thread_request {
	void *(*fn)(void *arg);
	void (*native)(void *arg);
	void *arg;
	const char *name;
	uintptr_t stack_top; /* the program's own stack of stack_size bytes, else 0 */
	size_t stack_size, guard_size;
	bool detached, suspended, c11;
	int scheduled, policy, priority; /* as in struct uk_thread_start */
	unsigned long affinity;
};

/* 0 and the new thread, or an errno with nothing changed. */
int __uk_thread_start(const struct thread_request *request, pthread_t *thread, int *id);

/* The calling thread's block; there is none for a main thread that never had company. */
struct thread_block *__uk_block_self(void);

/* Before the first other thread is started: the main thread gets a block. */
void __uk_blocks_init(void);

/* All that follows: __tl_lock() is held. */

/* The block of a thread that can still be joined or is detached and runs; NULL: there is none. */
struct thread_block *__uk_block_find(pthread_t thread);
void __uk_block_enter(struct thread_block *block);

/* The same by the kernel's id (thread_ids.c). */
struct thread_block *__uk_block_find_id(int id);
void __uk_ids_enter(struct thread_block *block);
void __uk_ids_leave(struct thread_block *block);

/* Nobody can ask for the thread any more; the block is kept for later. */
void __uk_block_retire(struct thread_block *block);

/* Take a thread off the C library's list. */
void __uk_thread_unlink(pthread_t thread);

/* One of those that are kept, as large as that; NULL: none. */
struct thread_block *__uk_block_reuse(size_t size, size_t guard);

/* Lock not held: unmap what is too many of them, or all. */
void __uk_blocks_trim(bool all);
hidden extern volatile bool __uk_blocks_crowded; /* there may be some to be unmapped */

/*
 * Wait for the end and take the result; the caller has set `joining`, which a time-out takes back.
 */
int __uk_block_join(struct thread_block *block, void **result, const struct timespec *until);

/* Detach, or give back what has ended. An errno. Takes the lock. */
int __uk_block_detach(pthread_t thread, int id);

/* Is there something wrong with joining it? An errno; 0 and it is marked as being joined. */
int __uk_block_claim(struct thread_block *block);
