/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <base/guard.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/path.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>

LOG_MODULE(fs);

const char *fs_cwd_word;

static struct mutex begin_lock = MUTEX_INIT(begin_lock);
static struct spinlock cwd_lock = SPINLOCK_INIT;
static struct inode *cwd; /* guarded by cwd_lock; NULL: the root */

static struct inode *current(void)
{
	struct irq_state state = spinlock_lock(&cwd_lock);
	struct inode *dir = cwd;

	if (dir)
		inode_get(dir);
	spinlock_unlock(&cwd_lock, state);
	return dir ? dir : fs_root();
}

/* What the boot word cwd= said: looked up when it is needed first. */
static void begin(void)
{
	struct inode *start CLEANUP(inode_drop) = NULL, *dir;
	int error;

	GUARD(mutex, &begin_lock);
	if (!fs_cwd_word)
		return;
	start = fs_root();
	error = path_lookup(start, fs_cwd_word, PATH_FOLLOW, &dir);
	if (!error) {
		error = fs_set_cwd(dir);
		inode_put(dir);
	}
	if (error)
		log_error("cwd=%s: error %d", fs_cwd_word, -error);
	__atomic_store_n(&fs_cwd_word, NULL, __ATOMIC_RELEASE);
}

struct inode *fs_cwd(void)
{
	if (UNLIKELY(__atomic_load_n(&fs_cwd_word, __ATOMIC_ACQUIRE)))
		begin();
	return current();
}

int fs_set_cwd(struct inode *dir)
{
	struct irq_state state;
	struct inode *old;

	if (!inode_is_dir(dir))
		return -ENOTDIR;
	inode_get(dir);
	state = spinlock_lock(&cwd_lock);
	old = cwd;
	cwd = dir;
	spinlock_unlock(&cwd_lock, state);
	inode_put(old);
	return 0;
}

/* Writes a path from its end towards the beginning of a buffer. */
struct backwards {
	struct dir_sink sink;
	uint64_t number; /* of the entry looked for */
	char *start, *at;
	int error; /* 0: found */
};

static bool find_entry(struct dir_sink *sink, const char *name, size_t length, uint64_t number,
		       unsigned type, int64_t next)
{
	struct backwards *b = CONTAINER_OF(sink, struct backwards, sink);

	(void)type, (void)next;
	if (number != b->number)
		return true;
	if ((size_t)(b->at - b->start) < length + 1) {
		b->error = -ERANGE;
		return false;
	}
	b->at -= length;
	memcpy(b->at, name, length);
	*--b->at = '/';
	b->error = 0;
	return false;
}

/* Add the names from the root of the directory's mount to it. */
static int add_names(struct backwards *b, struct inode *dir)
{
	GUARD(mutex, &dir->mount->lock);
	for (; dir->parent; dir = dir->parent) {
		int64_t position = 2;

		b->number = dir->number;
		b->error = -ENOENT;
		inode_op(dir->parent, entries)(dir->parent, &position, &b->sink);
		if (b->error)
			return b->error;
	}
	return 0;
}

long path_of(struct inode *dir, char *buffer, size_t size)
{
	struct backwards b = {.sink.entry = find_entry, .start = buffer, .at = buffer + size};
	size_t length;
	int error;

	if (size < 2)
		return -ERANGE;
	*--b.at = 0;
	for (; dir; dir = dir->mount->covered) {
		error = add_names(&b, dir);
		if (error)
			return error;
	}
	if (!*b.at)
		*--b.at = '/';
	length = (size_t)(buffer + size - b.at);
	memmove(buffer, b.at, length);
	return (long)length;
}
