/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advisory locks of parts of files [fcntl(2)]. They belong to an open file (F_OFD_SETLK), or to the
 * process: as there is one, its locks conflict with those of open files alone. One spinlock (the
 * queue's) guards the list.
 */
#include <errno.h>

#include <base/bits.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/record_lock.h>
#include <mem/heap.h>

#define RECORDS_MAX 1024

struct record {
	struct list node;
	const struct file *file; /* by which it was made */
	struct record_range range;
};

static struct waitq record_queue = WAITQ_INIT(record_queue);
static struct list records = LIST_INIT(records);
static unsigned record_count;

static bool same_owner(const struct record *record, const struct file *file, bool process)
{
	return record->range.process == process && (process || record->file == file);
}

static bool overlap(const struct record_range *a, const struct record_range *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* Lock held. */
static struct record *find_conflict(const struct file *file, const struct record_range *range)
{
	LIST_FOR_EACH (struct record, record, &records, node)
		if (record->file->inode == file->inode &&
		    !same_owner(record, file, range->process) && overlap(&record->range, range) &&
		    (range->write || record->range.write))
			return record;
	return NULL;
}

static void add(struct record *record, const struct file *file, const struct record_range *range)
{
	record->file = file;
	record->range = *range;
	list_push_back(&records, &record->node);
	record_count++;
}

static void drop(struct record *record, struct list *unused)
{
	list_remove(&record->node);
	list_push_back(unused, &record->node);
	record_count--;
}

/* Take the range out of what the owner has. Lock held; takes at most one record of `unused`. */
static void cut(const struct file *file, const struct record_range *range, struct list *unused)
{
	struct list *at = records.next;

	while (at != &records) {
		struct record *record = LIST_ENTRY(at, struct record, node);
		struct record_range *old = &record->range;

		at = at->next;
		if (record->file->inode != file->inode ||
		    !same_owner(record, file, range->process) || !overlap(old, range))
			continue;
		if (old->first < range->first && old->last > range->last) {
			struct record_range rest = *old;

			rest.first = range->last + 1;
			add(LIST_ENTRY(list_pop_front(unused), struct record, node), record->file,
			    &rest);
			old->last = range->first - 1;
		} else if (old->first < range->first) {
			old->last = range->first - 1;
		} else if (old->last > range->last) {
			old->first = range->last + 1;
		} else {
			drop(record, unused);
		}
	}
}

static void free_all(struct list *unused)
{
	while (!list_empty(unused))
		heap_free(LIST_ENTRY(list_pop_front(unused), struct record, node));
}

/* The locks made by a file that ends. */
static void records_end(struct file *file)
{
	struct irq_state state = waitq_lock(&record_queue);
	struct list unused = LIST_INIT(unused);
	struct list *at = records.next;

	while (at != &records) {
		struct record *record = LIST_ENTRY(at, struct record, node);

		at = at->next;
		if (record->file == file)
			drop(record, &unused);
	}
	waitq_wake(&record_queue, (uintptr_t)file->inode, SIZE_MAX);
	waitq_unlock(&record_queue, state);
	free_all(&unused);
}

/* Two records are enough for any change. */
static bool prepare(struct list *unused)
{
	for (int i = 0; i < 2; i++) {
		struct record *record = heap_alloc(sizeof(*record));

		if (!record)
			return false;
		list_push_back(unused, &record->node);
	}
	return true;
}

int file_record_set(struct file *file, const struct record_range *range, bool wait)
{
	struct list unused = LIST_INIT(unused);
	struct irq_state state;
	int error = 0;

	/* Files whose last close does not pass by records_end() cannot hold a lock. */
	if (!file->inode || file->ops != &inode_file_ops)
		return 0;
	if (!prepare(&unused)) {
		free_all(&unused);
		return -ENOLCK;
	}
	__atomic_store_n(&file_records_end, records_end, __ATOMIC_RELEASE);
	state = waitq_lock(&record_queue);
	while (!range->free && !error && find_conflict(file, range))
		error = wait ? waitq_sleep(&record_queue, &state, (uintptr_t)file->inode,
					   DEADLINE_NEVER)
			     : -EAGAIN;
	if (!error && record_count > RECORDS_MAX - 2)
		error = -ENOLCK;
	if (!error) {
		cut(file, range, &unused);
		if (!range->free) {
			add(LIST_ENTRY(list_pop_front(&unused), struct record, node), file, range);
			file->has_records = true;
		}
		waitq_wake(&record_queue, (uintptr_t)file->inode, SIZE_MAX);
	}
	waitq_unlock(&record_queue, state);
	free_all(&unused);
	return error;
}

bool file_record_get(struct file *file, struct record_range *range)
{
	struct irq_state state = waitq_lock(&record_queue);
	struct record *record = find_conflict(file, range);

	if (record)
		*range = record->range;
	waitq_unlock(&record_queue, state);
	return record;
}
