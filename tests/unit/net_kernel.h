/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel around net/ under test: one thread, time by hand, memory that may be out. While the
 * network's lock is free other threads may do something: that is `meanwhile`, which the test gives.
 */
#pragma once

#include <errno.h>

#include <base/bits.h>
#include <dev/net.h>
#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/power.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <mem/frame.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <net/socket.h>

static uint64_t now_ns = NS_PER_S, seed;
static long heap_blocks, heap_fails_in; /* 0: never; else every so many, about */
static size_t free_frames = 1000;
struct boot_info boot_info;

static void meanwhile(void);

int64_t clock_set_realtime_ns(uint64_t ns)
{
	(void)ns;
	return 0;
}

const char *boot_word(const char *key)
{
	(void)key;
	return NULL;
}

static uint64_t draw(uint64_t below)
{
	return unit_random(&seed) % below;
}

void random_get(void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = (uint8_t)draw(256);
}

uint64_t clock_monotonic_ns(void)
{
	return now_ns;
}

/* Where blocks came from, for who finds that some are left. */
#define BUCKETS 4096
static struct live {
	struct live *next;
	void *block;
} * lives[BUCKETS];

static struct live **live_of(const void *block)
{
	return &lives[((uintptr_t)block >> 4) % BUCKETS];
}

extern size_t __asan_get_alloc_stack(void *address, void **trace, size_t size, int *thread);
extern void __sanitizer_symbolize_pc(void *pc, const char *format, char *to, size_t size);

static inline void show_blocks(void)
{
	char text[200];
	void *trace[8];

	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct live *live = lives[i]; live; live = live->next) {
			size_t count = __asan_get_alloc_stack(live->block, trace, 8, &(int){0});

			printf("block:");
			for (size_t k = 1; k < count; k++) {
				__sanitizer_symbolize_pc(trace[k], "%f", text, sizeof(text));
				printf(" %s", text);
			}
			puts("");
		}
}

void *heap_alloc(size_t size)
{
	struct live *live;
	void *block;

	if (heap_fails_in && !draw((uint64_t)heap_fails_in))
		return NULL;
	block = malloc(size);
	live = malloc(sizeof(*live));
	*live = (struct live){*live_of(block), block};
	*live_of(block) = live;
	heap_blocks++;
	return memset(block, 0xa5, size);
}

void *heap_alloc_zeroed(size_t size)
{
	void *block = heap_alloc(size);

	return block ? memset(block, 0, size) : NULL;
}

void heap_free(void *block)
{
	struct live **at = live_of(block), *live;

	if (!block)
		return;
	while (*at && (*at)->block != block)
		at = &(*at)->next;
	live = *at; /* none: it is the sanitizer's to say so */
	if (live) {
		*at = live->next;
		free(live);
	}
	heap_blocks--;
	free(block);
}

size_t frame_free_count(void)
{
	return free_frames;
}

size_t frame_total_count(void)
{
	return 1024;
}

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
}

void panic(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts(" (panic)");
	fflush(stdout);
	abort();
}

struct irq_state spinlock_lock(struct spinlock *lock)
{
	if (lock->held++)
		abort();
	return (struct irq_state){0};
}

void spinlock_unlock(struct spinlock *lock, struct irq_state state)
{
	(void)state;
	lock->held--;
}

void waitq_init(struct waitq *queue)
{
	list_init(&queue->waiters);
}

int waitq_sleep(struct waitq *queue, struct irq_state *state, uintptr_t key, uint64_t deadline_ns)
{
	(void)key;
	waitq_unlock(queue, *state);
	now_ns += NS_PER_S / 10;
	meanwhile();
	*state = waitq_lock(queue);
	return now_ns >= deadline_ns ? -ETIMEDOUT : 0;
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

void mutex_lock(struct mutex *mutex)
{
	if (mutex->owner++)
		abort();
}

void mutex_unlock(struct mutex *mutex)
{
	mutex->owner--;
	meanwhile();
}

/* The network's own thread runs when the test says so. */
int thread_create(const struct thread_attr *attr, struct thread **thread)
{
	(void)attr, (void)thread;
	return 0;
}

void poll_watch_add(struct poll_source *source, struct poll_watch *watch)
{
	(void)source, (void)watch;
}

void poll_notify_watches(struct poll_source *source, uint32_t events)
{
	(void)source, (void)events;
}

/* Now and then the program's memory is not there. */
int user_copy_in(void *to, const void *user_from, size_t size)
{
	if (!draw(500))
		return -EFAULT;
	memcpy(to, user_from, size);
	return 0;
}

int user_copy_out(void *user_to, const void *from, size_t size)
{
	if (!draw(500))
		return -EFAULT;
	memcpy(user_to, from, size);
	return 0;
}

int user_zero(void *user_to, size_t size)
{
	memset(user_to, 0, size);
	return 0;
}

struct file *socket_file(struct socket *socket, unsigned flags)
{
	struct file *file = heap_alloc_zeroed(sizeof(*file));

	(void)flags;
	if (file)
		file->data = socket;
	return file;
}
