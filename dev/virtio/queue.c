/* SPDX-License-Identifier: BSD-2-Clause */
/* [virtio-1.2 2.7] Split virtqueues, with a private record of every descriptor. */
#include <errno.h>
#include <string.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <dev/virtqueue.h>
#include <kernel/log.h>

LOG_MODULE(virtio);

#define DESC_NEXT     1
#define DESC_WRITE    2
#define DESC_INDIRECT 4

#define NO_INTERRUPT 1
#define NO_NOTIFY    1

#define END UINT16_MAX

struct virtqueue_desc {
	uint64_t pa;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct virtqueue_avail {
	uint16_t flags;
	uint16_t index;
	uint16_t ring[]; /* then used_event */
};

struct virtqueue_used_entry {
	uint32_t id;
	uint32_t len;
};

struct virtqueue_used {
	uint16_t flags;
	uint16_t index;
	struct virtqueue_used_entry ring[]; /* then avail_event */
};

struct virtqueue_record {
	void *token;	   /* of the chain that begins here, NULL: none does */
	uint32_t writable; /* bytes of the chain the device may write */
	uint16_t next;	   /* in the chain or in the free list; END */
};

size_t virtqueue_avail_offset(unsigned size)
{
	return size * sizeof(struct virtqueue_desc);
}

size_t virtqueue_used_offset(unsigned size)
{
	return align_up(virtqueue_avail_offset(size) + sizeof(struct virtqueue_avail) +
				(size + 1) * sizeof(uint16_t),
			4);
}

size_t virtqueue_shared_bytes(unsigned size)
{
	return virtqueue_used_offset(size) + sizeof(struct virtqueue_used) +
	       size * sizeof(struct virtqueue_used_entry) + sizeof(uint16_t);
}

size_t virtqueue_private_bytes(unsigned size)
{
	return size * sizeof(struct virtqueue_record);
}

void virtqueue_init(struct virtqueue *queue, unsigned size, void *shared, void *private_memory,
		    bool event_index)
{
	memset(shared, 0, virtqueue_shared_bytes(size));
	*queue = (struct virtqueue){
		.desc = shared,
		.avail = (void *)((char *)shared + virtqueue_avail_offset(size)),
		.used = (void *)((char *)shared + virtqueue_used_offset(size)),
		.records = private_memory,
		.size = (uint16_t)size,
		.free_count = (uint16_t)size,
		.event_index = event_index,
	};
	for (unsigned i = 0; i < size; i++)
		queue->records[i] =
			(struct virtqueue_record){.next = i + 1 < size ? (uint16_t)(i + 1) : END};
}

static uint16_t *used_event(struct virtqueue *queue)
{
	return &queue->avail->ring[queue->size];
}

static uint16_t *avail_event(struct virtqueue *queue)
{
	return (uint16_t *)&queue->used->ring[queue->size];
}

/* The chain and its place in the ring are there before the index says so. */
static void publish(struct virtqueue *queue, uint16_t head, uint32_t writable, void *token)
{
	queue->records[head].token = token;
	queue->records[head].writable = writable;
	queue->avail->ring[queue->avail_index++ % queue->size] = head;
	__atomic_store_n(&queue->avail->index, queue->avail_index, __ATOMIC_RELEASE);
}

int virtqueue_add(struct virtqueue *queue, const struct virtqueue_piece *pieces, unsigned readable,
		  unsigned writable, void *token)
{
	unsigned count = readable + writable;
	struct virtqueue_record *records = queue->records;
	struct virtqueue_desc *chain = queue->desc;
	uint16_t head = queue->free_head, at = head;
	uint32_t writable_bytes = 0;

	if (queue->broken)
		return -EIO;
	if (!count || count > queue->free_count)
		return -ENOSPC;
	for (unsigned i = 0; i < count; i++) {
		struct virtqueue_desc *desc = &chain[at];
		uint32_t len = pieces[i].len;
		uint16_t next = records[at].next, flags = DESC_NEXT;

		if (i >= readable) {
			flags |= DESC_WRITE;
			writable_bytes += len;
		}
		if (i + 1 == count) {
			flags &= (uint16_t)~DESC_NEXT;
			queue->free_head = next;
			records[at].next = END;
		}
		desc->pa = pieces[i].pa;
		desc->len = len;
		desc->flags = flags;
		desc->next = next; /* of the last, without a meaning */
		at = next;
	}
	queue->free_count = (uint16_t)(queue->free_count - count);
	publish(queue, head, writable_bytes, token);
	return 0;
}

int virtqueue_add_indirect(struct virtqueue *queue, const struct virtqueue_table *table,
			   const struct virtqueue_piece *pieces, unsigned readable,
			   unsigned writable, void *token)
{
	unsigned count = readable + writable;
	struct virtqueue_desc *desc = table->address;
	uint16_t head = queue->free_head;
	uint32_t writable_bytes = 0;

	if (queue->broken)
		return -EIO;
	if (!count || count > table->entries || !queue->free_count)
		return -ENOSPC;
	for (unsigned i = 0; i < count; i++) {
		bool last = i + 1 == count;

		desc[i] = (struct virtqueue_desc){
			.pa = pieces[i].pa,
			.len = pieces[i].len,
			.flags = (uint16_t)((last ? 0 : DESC_NEXT) |
					    (i < readable ? 0 : DESC_WRITE)),
			.next = (uint16_t)(last ? 0 : i + 1),
		};
		if (i >= readable)
			writable_bytes += pieces[i].len;
	}
	queue->desc[head] = (struct virtqueue_desc){
		.pa = table->pa,
		.len = count * (uint32_t)sizeof(struct virtqueue_desc),
		.flags = DESC_INDIRECT,
	};
	queue->free_head = queue->records[head].next;
	queue->records[head].next = END;
	queue->free_count--;
	publish(queue, head, writable_bytes, token);
	return 0;
}

bool virtqueue_must_notify(struct virtqueue *queue)
{
	uint16_t added = (uint16_t)(queue->avail_index - queue->kicked_index);
	uint16_t since;

	if (!added || queue->broken)
		return false;
	/* The device looks at the index after it has said what it waits for; we, the other way. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	queue->kicked_index = queue->avail_index;
	if (!queue->event_index)
		return !(READ_ONCE(queue->used->flags) & NO_NOTIFY);
	since = (uint16_t)(queue->avail_index - READ_ONCE(*avail_event(queue)) - 1);
	return since < added;
}

/* Give a chain's descriptors back; its token. */
static void *release(struct virtqueue *queue, uint16_t head)
{
	void *token = queue->records[head].token;
	uint16_t at = head, count = 1;

	while (queue->records[at].next != END) {
		at = queue->records[at].next;
		count++;
	}
	queue->records[at].next = queue->free_head;
	queue->records[head].token = NULL;
	queue->free_head = head;
	queue->free_count = (uint16_t)(queue->free_count + count);
	return token;
}

static void *broken(struct virtqueue *queue, const char *what)
{
	queue->broken = true;
	log_error("the device %s: its queue is given up", what);
	return NULL;
}

void *virtqueue_take(struct virtqueue *queue, uint32_t *written)
{
	uint16_t index, waiting;
	struct virtqueue_used_entry entry;

	if (queue->broken)
		return NULL;
	index = __atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE);
	waiting = (uint16_t)(index - queue->used_index);
	if (!waiting)
		return NULL;
	if (waiting > queue->size)
		return broken(queue, "finished more than it was given");

	/* Read once: it may change under our eyes. */
	entry.id = READ_ONCE(queue->used->ring[queue->used_index % queue->size].id);
	entry.len = READ_ONCE(queue->used->ring[queue->used_index % queue->size].len);
	if (entry.id >= queue->size || !queue->records[entry.id].token)
		return broken(queue, "finished what it was not given");
	queue->used_index++;
	/* Shyper counts what it read, too. */
	*written = entry.len < queue->records[entry.id].writable
			   ? entry.len
			   : queue->records[entry.id].writable;
	return release(queue, (uint16_t)entry.id);
}

bool virtqueue_pending(const struct virtqueue *queue)
{
	const struct virtqueue_used *used = READ_ONCE(queue->used); /* NULL: it is being set up */

	return used && READ_ONCE(used->index) != READ_ONCE(queue->used_index);
}

bool virtqueue_interrupts_on(struct virtqueue *queue)
{
	if (queue->event_index)
		WRITE_ONCE(*used_event(queue), queue->used_index);
	else
		WRITE_ONCE(queue->avail->flags, 0);
	/* What was finished before the device could see this is ours to find. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !queue->broken && READ_ONCE(queue->used->index) != queue->used_index;
}

void virtqueue_interrupts_off(struct virtqueue *queue)
{
	/* With event indices: an event half a turn away. */
	if (queue->event_index)
		WRITE_ONCE(*used_event(queue), (uint16_t)(queue->used_index - 1));
	else
		WRITE_ONCE(queue->avail->flags, NO_INTERRUPT);
}

void *virtqueue_reclaim(struct virtqueue *queue)
{
	for (uint16_t head = 0; head < queue->size; head++)
		if (queue->records[head].token)
			return release(queue, head);
	return NULL;
}
