/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel around a virtio driver under test: one thread, no interrupts but those the test makes.
 * For the file that includes the driver.
 */
#pragma once

static uint64_t now_ns;
static struct timer *armed_timer;
static void *blocks[1024];
static unsigned block_count;

void log_write(const struct log_module *module, int level, const char *format, ...)
{
	(void)module, (void)level, (void)format;
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

/* Of one device: the test calls it when it likes. */
static struct irq_again *asked_again;

void irq_again(struct irq_again *again)
{
	asked_again = again;
}

static inline void again_run(void)
{
	struct irq_again *again = asked_again;

	asked_again = NULL;
	if (again)
		again->run(again);
}

void waitq_init(struct waitq *queue)
{
	list_init(&queue->waiters);
}

int waitq_sleep_through(struct waitq *queue, struct irq_state *state, uintptr_t key,
			uint64_t deadline_ns)
{
	(void)queue, (void)state, (void)key, (void)deadline_ns;
	abort();
}

size_t waitq_wake(struct waitq *queue, uintptr_t key, size_t count)
{
	(void)queue, (void)key, (void)count;
	return 0;
}

int thread_create(const void *attr, void *thread)
{
	(void)attr, (void)thread;
	return -ENOMEM;
}

uint64_t clock_monotonic_ns(void)
{
	return now_ns += NS_PER_MS;
}

void arch_cpu_relax(void)
{
}

static struct cpu *some_cpu = (struct cpu *)16;

void timer_arm(struct timer *timer, uint64_t deadline_ns)
{
	if (armed_timer)
		abort();
	armed_timer = timer;
	timer->deadline_ns = deadline_ns;
	timer->cpu = some_cpu;
}

static void keep(void *block)
{
	if (block_count == 1024)
		abort();
	blocks[block_count++] = block;
}

void *heap_alloc(size_t size)
{
	void *block = malloc(size);

	keep(block);
	return block;
}

void *heap_alloc_zeroed(size_t size)
{
	return memset(heap_alloc(size), 0, size);
}

void heap_free(void *block)
{
	for (unsigned i = 0; block && i < block_count; i++)
		if (blocks[i] == block) {
			blocks[i] = blocks[--block_count];
			free(block);
			return;
		}
	if (block)
		abort();
}

uint64_t frame_alloc_contiguous(size_t count, size_t align)
{
	void *frames = aligned_alloc(4096, count * 4096);

	(void)align;
	keep(frames);
	return linear_physical(frames);
}

void frame_free_contiguous(uint64_t pa, size_t count)
{
	(void)count;
	heap_free(linear_address(pa));
}
