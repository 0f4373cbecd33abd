/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ring of bytes over a caller's buffer whose size is a power of two, all of it usable. One producer
 * and one consumer may work at the same time without a lock (an interrupt handler and a thread, two
 * CPUs): ring_put, ring_write and ring_room are the producer's, ring_get, ring_read, ring_drop and
 * ring_count the consumer's. Several of one side need a lock among them; so does ring_write_over,
 * which is both.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	uint8_t *data;
	uint32_t mask; /* size - 1 */
	uint32_t head; /* bytes ever put, modulo 2^32; the producer's */
	uint32_t tail; /* bytes ever taken, modulo 2^32; the consumer's */
};

#define RING_INIT(buffer)                                                                          \
	{                                                                                          \
		.data = (buffer), .mask = sizeof(buffer) - 1                                       \
	}

static inline void ring_init(struct ring *ring, void *buffer, uint32_t size)
{
	ring->data = buffer;
	ring->mask = size - 1;
	ring->head = 0;
	ring->tail = 0;
}

static inline uint32_t ring_count(const struct ring *ring)
{
	return __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) - ring->tail;
}

static inline uint32_t ring_room(const struct ring *ring)
{
	return ring->mask + 1 - (ring->head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE));
}

/* False: the ring is full. */
static inline bool ring_put(struct ring *ring, uint8_t byte)
{
	if (!ring_room(ring))
		return false;
	ring->data[ring->head & ring->mask] = byte;
	__atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
	return true;
}

/* The next byte, or -1: the ring is empty. */
static inline int ring_get(struct ring *ring)
{
	uint8_t byte;

	if (!ring_count(ring))
		return -1;
	byte = ring->data[ring->tail & ring->mask];
	__atomic_store_n(&ring->tail, ring->tail + 1, __ATOMIC_RELEASE);
	return byte;
}

/* As many of `len` bytes as there are room for or are there; returns how many. */
uint32_t ring_write(struct ring *ring, const void *from, uint32_t len);
uint32_t ring_read(struct ring *ring, void *to, uint32_t len);

/* Copy up to `len` bytes, the first `skip` left out, without taking them. */
uint32_t ring_peek(const struct ring *ring, uint32_t skip, void *to, uint32_t len);

/* Forget the oldest `len` bytes, at most all. */
static inline void ring_drop(struct ring *ring, uint32_t len)
{
	uint32_t count = ring_count(ring);

	__atomic_store_n(&ring->tail, ring->tail + (len < count ? len : count), __ATOMIC_RELEASE);
}

/*
 * For a log: all of `from`, at the cost of the oldest bytes (of `from` itself its last ones
 * remain).
 */
void ring_write_over(struct ring *ring, const void *from, uint32_t len);

#endif
