/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lies below fs/ and posix/, by the C library: each block and frame is an allocation of its
 * own, so that the sanitizers watch its bounds and its end, and threads are the process's. Time
 * stands still unless the test moves it.
 */
#include "services.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arch/power.h>
#include <base/list.h>
#include <fs/pipe.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/console.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/power.h>
#include <kernel/random.h>
#include <kernel/sem.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/linear.h>
#include <mem/user.h>

struct irq_state arch_irq_save(void)
{
	return (struct irq_state){0};
}

void arch_irq_restore(struct irq_state state)
{
	(void)state;
}

void arch_cpu_relax(void)
{
	sched_yield();
}

void (*console_input_hook)(void);

size_t host_blocks, host_frames, host_frame_limit = SIZE_MAX, host_frame_total = 65536;
long host_heap_fails_after = -1;

void *heap_alloc(size_t size)
{
	void *block = NULL;

	if (__atomic_load_n(&host_heap_fails_after, __ATOMIC_RELAXED) >= 0 &&
	    __atomic_sub_fetch(&host_heap_fails_after, 1, __ATOMIC_RELAXED) < 0) {
		host_heap_fails_after = 0;
		return NULL;
	}
	block = malloc(size);
	memset(block, 0xa5, size);
	__atomic_add_fetch(&host_blocks, 1, __ATOMIC_RELAXED);
	return block;
}

void *heap_alloc_zeroed(size_t size)
{
	void *block = heap_alloc(size);

	return block ? memset(block, 0, size) : NULL;
}

void heap_free(void *block)
{
	if (block)
		__atomic_sub_fetch(&host_blocks, 1, __ATOMIC_RELAXED);
	free(block);
}

uint64_t frame_alloc_zeroed(void)
{
	void *frame;

	if (__atomic_load_n(&host_frames, __ATOMIC_RELAXED) >= host_frame_limit)
		return 0;
	frame = aligned_alloc(4096, 4096);
	memset(frame, 0, 4096);
	__atomic_add_fetch(&host_frames, 1, __ATOMIC_RELAXED);
	return linear_physical(frame);
}

WEAK uint64_t frame_alloc(void)
{
	return frame_alloc_zeroed();
}

void frame_free(uint64_t pa)
{
	__atomic_sub_fetch(&host_frames, 1, __ATOMIC_RELAXED);
	free(linear_address(pa));
}

size_t frame_free_count(void)
{
	return host_frame_limit - __atomic_load_n(&host_frames, __ATOMIC_RELAXED);
}

WEAK size_t frame_total_count(void)
{
	return host_frame_total;
}

void frame_stats(struct frame_stats *stats)
{
	*stats = (struct frame_stats){.total = 1000, .free = 600, .largest_free = 1};
}

uintptr_t host_hole_start, host_hole_end;

static bool is_there(const void *user, size_t size)
{
	uintptr_t start = (uintptr_t)user;

	if (!size)
		return true;
	return start >= 4096 && (start + size <= host_hole_start || start >= host_hole_end);
}

/* As on the CPUs, a copy that fails may have moved what comes before the hole. */
static int copy(void *to, const void *from, const void *user, size_t size)
{
	uintptr_t start = (uintptr_t)user;

	if (is_there(user, size)) {
		memcpy(to, from, size);
		return 0;
	}
	if (start >= 4096 && start < host_hole_start)
		memcpy(to, from, host_hole_start - start);
	return -EFAULT;
}

int user_copy_in(void *to, const void *user_from, size_t size)
{
	return copy(to, user_from, user_from, size);
}

int user_copy_out(void *user_to, const void *from, size_t size)
{
	return copy(user_to, from, user_to, size);
}

int user_zero(void *user_to, size_t size)
{
	if (!is_there(user_to, size))
		return -EFAULT;
	memset(user_to, 0, size);
	return 0;
}

long user_copy_string(char *to, const char *user_from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!is_there(user_from + i, 1))
			return -EFAULT;
		to[i] = user_from[i];
		if (!to[i])
			return (long)i;
	}
	return -ENAMETOOLONG;
}

/* The ticket lock of a wait queue is all there is: whoever waits, spins. */
void waitq_init(struct waitq *queue)
{
	*queue = (struct waitq){.lock = SPINLOCK_INIT};
	list_init(&queue->waiters);
}

int waitq_sleep(struct waitq *queue, struct irq_state *state, uintptr_t key, uint64_t deadline_ns)
{
	(void)key;
	if (deadline_ns <= host_time_ns)
		return -ETIMEDOUT;
	waitq_unlock(queue, *state);
	sched_yield();
	*state = waitq_lock(queue);
	return 0;
}

int waitq_sleep_through(struct waitq *queue, struct irq_state *state, uintptr_t key,
			uint64_t deadline_ns)
{
	return waitq_sleep(queue, state, key, deadline_ns);
}

size_t waitq_wake(struct waitq *queue, uintptr_t key, size_t count)
{
	(void)queue, (void)key, (void)count;
	return 0;
}

static __thread char this_thread;

void mutex_init(struct mutex *mutex)
{
	waitq_init(&mutex->queue);
	mutex->owner = 0;
}

void mutex_lock(struct mutex *mutex)
{
	if (__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == (uintptr_t)&this_thread)
		abort();
	spinlock_acquire(&mutex->queue.lock);
	__atomic_store_n(&mutex->owner, (uintptr_t)&this_thread, __ATOMIC_RELAXED);
}

void mutex_unlock(struct mutex *mutex)
{
	if (mutex->owner != (uintptr_t)&this_thread)
		abort();
	__atomic_store_n(&mutex->owner, 0, __ATOMIC_RELAXED);
	spinlock_release(&mutex->queue.lock);
}

void sem_setup(struct sem *sem, long count)
{
	waitq_init(&sem->queue);
	sem->count = count;
}

int sem_acquire(struct sem *sem, uint64_t deadline_ns)
{
	struct irq_state state = waitq_lock(&sem->queue);
	int error = 0;

	while (sem->count <= 0 && !error)
		error = waitq_sleep(&sem->queue, &state, 0, deadline_ns);
	if (!error)
		sem->count--;
	waitq_unlock(&sem->queue, state);
	return error;
}

void sem_release(struct sem *sem)
{
	struct irq_state state = waitq_lock(&sem->queue);

	sem->count++;
	waitq_unlock(&sem->queue, state);
}

uint64_t host_time_ns = 1600000000 * NS_PER_S;

uint64_t clock_realtime_ns(void)
{
	return __atomic_load_n(&host_time_ns, __ATOMIC_RELAXED);
}

uint64_t clock_monotonic_ns(void)
{
	return __atomic_load_n(&host_time_ns, __ATOMIC_RELAXED);
}

void random_get(void *buffer, size_t size)
{
	memset(buffer, 4, size); /* chosen by a fair throw of dice */
}

void random_stir(uint64_t event)
{
	(void)event;
}

jmp_buf host_stop;
char host_stop_reason[128];
int host_exit_status;

_Noreturn void power_stop(const char *reason)
{
	snprintf(host_stop_reason, sizeof(host_stop_reason), "%s", reason);
	longjmp(host_stop, 1);
}

bool power_end(void)
{
	return false;
}

_Noreturn void power_exit(int status)
{
	host_exit_status = status;
	longjmp(host_stop, 2);
}

struct boot_info boot_info;
const char *host_boot_words = "";

bool boot_word_is(const char *key, const char *value)
{
	const char *at = strstr(host_boot_words, key);

	if (!at || at[strlen(key)] != '=')
		return false;
	at += strlen(key) + 1;
	return strcspn(at, " ") == strlen(value) && !strncmp(at, value, strlen(value));
}

char host_console[65536];
size_t host_console_length;
const char *host_input = "";
size_t host_input_length;
char host_control[4096];
bool host_control_present;

void console_write(const char *text, size_t length)
{
	if (host_console_length + length < sizeof(host_console)) {
		memcpy(host_console + host_console_length, text, length);
		host_console_length += length;
		host_console[host_console_length] = 0;
	}
}

long console_read(uint8_t *buffer, size_t size, uint64_t deadline_ns)
{
	size_t n = size < host_input_length ? size : host_input_length;

	if (!n)
		return deadline_ns == DEADLINE_NEVER ? -EINTR : -ETIMEDOUT;
	memcpy(buffer, host_input, n);
	host_input += n;
	host_input_length -= n;
	return (long)n;
}

bool arch_control_write(const char *text)
{
	if (host_control_present)
		strncat(host_control, text, sizeof(host_control) - strlen(host_control) - 1);
	return host_control_present;
}

/*
 * The image has no initial RAM disk (a test hands one over as the firmware does), and nothing that
 * options put into the root file system.
 */
__asm__(".pushsection .data\n"
	".globl __initrd_start, __initrd_end, __set_root_hook_start, __set_root_hook_end\n"
	"__initrd_start:\n__initrd_end: .byte 0\n"
	"__set_root_hook_start:\n__set_root_hook_end: .byte 0\n"
	".popsection\n");

/* Who wants to see what is logged has one of its own. */
WEAK void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
}

/* Pipes with a name can be made, not opened. */
void broken_pipe_link(void);
WEAK void broken_pipe_link(void)
{
}
WEAK const struct file_ops fifo_ops = {};
