/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <base/bits.h>
#include <base/ring.h>

/* Bytes at a position, and how many of `len` come before the buffer's end. */
static uint32_t until_wrap(const struct ring *ring, uint32_t position, uint32_t len)
{
	return MIN(len, ring->mask + 1 - (position & ring->mask));
}

uint32_t ring_write(struct ring *ring, const void *from, uint32_t len)
{
	uint32_t room = ring_room(ring), first;

	len = MIN(len, room);
	first = until_wrap(ring, ring->head, len);
	memcpy(ring->data + (ring->head & ring->mask), from, first);
	memcpy(ring->data, (const uint8_t *)from + first, len - first);
	__atomic_store_n(&ring->head, ring->head + len, __ATOMIC_RELEASE);
	return len;
}

uint32_t ring_peek(const struct ring *ring, uint32_t skip, void *to, uint32_t len)
{
	uint32_t count = ring_count(ring), position = ring->tail + skip, first;

	if (skip >= count)
		return 0;
	len = MIN(len, count - skip);
	first = until_wrap(ring, position, len);
	memcpy(to, ring->data + (position & ring->mask), first);
	memcpy((uint8_t *)to + first, ring->data, len - first);
	return len;
}

uint32_t ring_read(struct ring *ring, void *to, uint32_t len)
{
	len = ring_peek(ring, 0, to, len);
	ring_drop(ring, len);
	return len;
}

void ring_write_over(struct ring *ring, const void *from, uint32_t len)
{
	uint32_t size = ring->mask + 1, room = ring_room(ring);

	if (len > size) {
		from = (const uint8_t *)from + (len - size);
		len = size;
	}
	if (len > room)
		ring_drop(ring, len - room);
	ring_write(ring, from, len);
}
