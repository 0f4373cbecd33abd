/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open regular files and directories: the position. Transfers at the position hold file->lock, so
 * two of them never move the same bytes; each transfer holds inode->lock, so it is seen whole or
 * not at all.
 */
#define _GNU_SOURCE /* O_NOATIME, SEEK_DATA */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/guard.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/record_lock.h>
#include <fs/io.h>
#include <fs/mount.h>
#include <mem/user.h>
#include <mem/vm.h>
#include <mem/vm_source.h>

static long transfer_at(struct file *file, struct io *io, int64_t *offset, bool write)
{
	struct inode *inode = file->inode;
	long n;

	GUARD(mutex, &inode->lock);
	if (!write) {
		n = inode_op(inode, read)(inode, io, (uint64_t)*offset);
		if (n >= 0 && !(file->flags & O_NOATIME))
			inode_touch(inode, INODE_ATIME);
	} else {
		if (file->flags & O_APPEND)
			*offset = (int64_t)inode->size;
		if ((uint64_t)*offset + io->left > INT64_MAX)
			return -EFBIG;
		if (!io->left)
			return 0;
		n = inode_op(inode, write)(inode, io, (uint64_t)*offset);
		if (n > 0)
			inode_touch(inode, INODE_MTIME | INODE_CTIME);
	}
	if (n > 0)
		*offset += n;
	return n;
}

static int inode_file_sync(struct file *file)
{
	struct inode *inode = file->inode;

	INODE_OP_TYPE(sync) sync = inode_op(inode, sync);

	return sync ? sync(inode, &file->mark) : 0;
}

static long transfer(struct file *file, struct io *io, int64_t offset, bool write)
{
	if (offset != OFFSET_CURRENT)
		return transfer_at(file, io, &offset, write);

	GUARD(mutex, &file->lock);
	return transfer_at(file, io, &file->position, write);
}

static long inode_file_read(struct file *file, struct io *io, int64_t offset)
{
	return transfer(file, io, offset, false);
}

static long inode_file_write(struct file *file, struct io *io, int64_t offset)
{
	long n = transfer(file, io, offset, true);
	int error;

	if (n <= 0 || !(file->flags & (O_SYNC | O_DSYNC)))
		return n;
	error = inode_file_sync(file);
	return error ? error : n;
}

/* A file without known holes: all of it is data, and a hole follows. */
static int64_t next_part(struct inode *inode, int64_t offset, bool hole)
{
	INODE_OP_TYPE(next) next;

	GUARD(mutex, &inode->lock);
	if (offset < 0 || (uint64_t)offset >= inode->size)
		return -ENXIO;
	next = inode_op(inode, next);
	if (next)
		return next(inode, (uint64_t)offset, hole);
	return hole ? (int64_t)inode->size : offset;
}

static int64_t inode_file_seek(struct file *file, int64_t offset, int whence)
{
	int64_t size, base = 0;

	GUARD(mutex, &file->lock);
	mutex_lock(&file->inode->lock);
	size = (int64_t)file->inode->size;
	mutex_unlock(&file->inode->lock);
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = file->position;
		break;
	case SEEK_END:
		base = size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		offset = next_part(file->inode, offset, whence == SEEK_HOLE);
		if (offset < 0)
			return offset;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &base))
		return -EOVERFLOW;
	if (base < 0)
		return -EINVAL;
	file->position = base;
	return base;
}

static long inode_file_ioctl(struct file *file, unsigned request, void *user)
{
	struct inode *inode = file->inode;
	int64_t left;
	int count;

	if (request != FIONREAD)
		return -ENOTTY;
	mutex_lock(&file->lock);
	mutex_lock(&inode->lock);
	left = (int64_t)inode->size - file->position;
	mutex_unlock(&inode->lock);
	mutex_unlock(&file->lock);
	count = left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
	return user_copy_out(user, &count, sizeof(count));
}

static int inode_file_truncate(struct file *file, uint64_t size)
{
	return inode_truncate(file->inode, size);
}

static int inode_file_allocate(struct file *file, uint64_t offset, uint64_t size, unsigned how)
{
	struct inode *inode = file->inode;
	INODE_OP_TYPE(allocate) allocate = inode_op(inode, allocate);
	INODE_OP_TYPE(zero) zero = inode_op(inode, zero);
	int error = 0;

	if ((how & FILE_RESERVE && !allocate) || (how & FILE_ZERO && !zero))
		return -EOPNOTSUPP;
	GUARD(mutex, &inode->lock);
	if (how & FILE_RESERVE)
		error = allocate(inode, offset, size, how & FILE_KEEP_SIZE);
	if (!error && how & FILE_ZERO)
		error = zero(inode, offset, size);
	if (!error && how & FILE_ZERO && how & FILE_RESERVE)
		error = allocate(inode, offset, size, how & FILE_KEEP_SIZE);
	if (!error && !(how & FILE_KEEP_SIZE) && offset + size > inode->size)
		error = inode_op(inode, truncate)(inode, offset + size);
	if (!error)
		inode_touch(inode, INODE_MTIME | INODE_CTIME);
	return error;
}

static int inode_file_map(struct file *file, uintptr_t *address, size_t size,
			  struct vm_region *region, unsigned flags)
{
	struct inode *inode = file->inode;
	INODE_OP_TYPE(source) source = inode_op(inode, source);
	INODE_OP_TYPE(prepare) prepare = inode_op(inode, prepare);
	bool writes = file->rights & FILE_WRITE;
	int error = 0;

	if (!(file->rights & FILE_READ) ||
	    (region->shared && region->attrs & PAGE_WRITE && !writes))
		return -EACCES;
	if (!source)
		return -ENODEV;
	region->may_write = region->shared && writes;
	region->source = source(inode);
	mutex_lock(&inode->lock);
	__atomic_fetch_add(&region->source->regions, 1, __ATOMIC_RELAXED);
	if (prepare)
		error = prepare(inode, region->first_page, size);
	mutex_unlock(&inode->lock);
	if (!error)
		error = vm_source_map(address, size, region, flags);
	__atomic_fetch_sub(&region->source->regions, 1, __ATOMIC_RELEASE);
	if (!error && !(file->flags & O_NOATIME))
		inode_touch(inode, INODE_ATIME);
	return error;
}

void (*file_records_end)(struct file *file);

static void inode_file_release(struct file *file)
{
	if (file->advisory_lock)
		file_flock_end(file);
	if (file->has_records)
		file_records_end(file);
}

const struct file_ops inode_file_ops = {
	.mode = S_IFREG,
	.read = inode_file_read,
	.write = inode_file_write,
	.seek = inode_file_seek,
	.ioctl = inode_file_ioctl,
	.truncate = inode_file_truncate,
	.allocate = inode_file_allocate,
	.sync = inode_file_sync,
	.map = inode_file_map,
	.release = inode_file_release,
};

static long dir_read(struct file *file, struct io *io, int64_t offset)
{
	(void)file, (void)io, (void)offset;
	return -EISDIR;
}

/* Positions are what `entries` gave out: 0 and 1 are "." and "..", the others the file system's. */
static int64_t dir_seek(struct file *file, int64_t offset, int whence)
{
	GUARD(mutex, &file->lock);
	if (whence == SEEK_CUR && offset == 0)
		return file->position;
	if (whence != SEEK_SET || offset < 0)
		return -EINVAL;
	file->position = offset;
	return offset;
}

static int dir_entries(struct file *file, struct dir_sink *sink)
{
	struct inode *dir = file->inode;
	const struct inode *parent;
	int64_t at;
	int error;

	GUARD(mutex, &file->lock);
	GUARD(mutex, &dir->mount->lock);
	at = file->position;
	if (at == 0 && sink->entry(sink, ".", 1, dir->number, S_IFDIR, 1))
		at = 1;
	if (at == 1) {
		parent = dir->parent ? dir->parent : dir->mount->covered;
		if (sink->entry(sink, "..", 2, parent ? parent->number : dir->number, S_IFDIR, 2))
			at = 2;
	}
	error = at < 2 ? 0 : inode_op(dir, entries)(dir, &at, sink);
	if (at != file->position)
		inode_touch(dir, INODE_ATIME);
	file->position = at;
	return error;
}

const struct file_ops inode_dir_ops = {
	.mode = S_IFDIR,
	.read = dir_read,
	.seek = dir_seek,
	.entries = dir_entries,
	.sync = inode_file_sync,
	.release = inode_file_release,
};
