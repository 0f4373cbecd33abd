/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/inode.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <arch/layout.h>
#include <fs/mount.h>
#include <kernel/clock.h>

/* What only disks have: the sets are there in images without one, too. */
#define NOBODYS(op)                                                                                \
	static const struct inode_op nobodys_##op                                                  \
		__attribute__((used, section("inode_" #op), aligned(8)))
NOBODYS(prepare);
NOBODYS(changed);
NOBODYS(may_set);
NOBODYS(sync);
NOBODYS(mark);

void (*inode_op_find(const struct inode_ops *of, const struct inode_op *op,
		     const struct inode_op *end))(void)
{
	for (; op < end; op++)
		if (op->of == of)
			return op->call;
	return NULL;
}

void inode_put(struct inode *inode)
{
	/* A directory that was removed may hold the last reference to its parent, and so on up. */
	while (inode && !__atomic_sub_fetch(&inode->refs, 1, __ATOMIC_ACQ_REL))
		inode = inode->ops->release(inode);
}

bool inode_is_dir(const struct inode *inode)
{
	return S_ISDIR(inode->mode);
}

bool inode_is_link(const struct inode *inode)
{
	return S_ISLNK(inode->mode);
}

static void set_time(int64_t *time, int64_t ns)
{
	__atomic_store_n(time, ns, __ATOMIC_RELAXED);
}

void inode_touch(struct inode *inode, unsigned times)
{
	int64_t now = (int64_t)clock_realtime_ns();

	if (times & INODE_ATIME)
		set_time(&inode->atime_ns, now);
	if (times & INODE_MTIME)
		set_time(&inode->mtime_ns, now);
	if (times & INODE_CTIME)
		set_time(&inode->ctime_ns, now);
}

/* Times before 1970 have a negative second and a nanosecond that counts up from it. */
static struct timespec time_of(const int64_t *time)
{
	int64_t ns = __atomic_load_n(time, __ATOMIC_RELAXED);
	int64_t rest = ns % (int64_t)NS_PER_S;

	if (rest < 0)
		rest += (int64_t)NS_PER_S;
	return (struct timespec){.tv_sec = (ns - rest) / (int64_t)NS_PER_S, .tv_nsec = rest};
}

void inode_stat(struct inode *inode, struct stat *stat)
{
	memset(stat, 0, sizeof(*stat));
	stat->st_dev = inode->mount->device;
	stat->st_ino = inode->number;
	stat->st_mode = READ_ONCE(inode->mode);
	stat->st_nlink = READ_ONCE(inode->nlink);
	stat->st_uid = READ_ONCE(inode->uid);
	stat->st_gid = READ_ONCE(inode->gid);
	stat->st_rdev = inode->device;
	stat->st_blksize = PAGE_SIZE;
	stat->st_atim = time_of(&inode->atime_ns);
	stat->st_mtim = time_of(&inode->mtime_ns);
	stat->st_ctim = time_of(&inode->ctime_ns);
	mutex_lock(&inode->lock);
	stat->st_size = (off_t)inode->size;
	stat->st_blocks = (off_t)inode->blocks;
	mutex_unlock(&inode->lock);
}

static void attributes_changed(struct inode *inode)
{
	INODE_OP_TYPE(changed) changed = inode_op(inode, changed);

	inode_touch(inode, INODE_CTIME);
	if (changed)
		changed(inode);
}

static int may_set(struct inode *inode, uint32_t mode, uint32_t uid, uint32_t gid)
{
	INODE_OP_TYPE(may_set) may_set = inode_op(inode, may_set);

	if (inode->mount->read_only)
		return -EROFS;
	return may_set ? may_set(inode, mode, uid, gid) : 0;
}

int inode_set_mode(struct inode *inode, uint32_t permissions)
{
	int error = may_set(inode, (inode->mode & S_IFMT) | (permissions & 07777), UINT32_MAX,
			    UINT32_MAX);

	if (error)
		return error;
	WRITE_ONCE(inode->mode, (inode->mode & S_IFMT) | (permissions & 07777));
	attributes_changed(inode);
	return 0;
}

int inode_set_owner(struct inode *inode, uint32_t uid, uint32_t gid)
{
	int error = may_set(inode, inode->mode, uid, gid);

	if (error)
		return error;
	if (uid != UINT32_MAX)
		WRITE_ONCE(inode->uid, uid);
	if (gid != UINT32_MAX)
		WRITE_ONCE(inode->gid, gid);
	attributes_changed(inode);
	return 0;
}

int inode_set_times(struct inode *inode, int64_t atime_ns, int64_t mtime_ns)
{
	if (inode->mount->read_only)
		return -EROFS;
	if (atime_ns != INODE_KEEP)
		set_time(&inode->atime_ns, atime_ns);
	if (mtime_ns != INODE_KEEP)
		set_time(&inode->mtime_ns, mtime_ns);
	attributes_changed(inode);
	return 0;
}

int inode_truncate(struct inode *inode, uint64_t size)
{
	int error;

	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode))
		return -EINVAL;
	if (inode->mount->read_only)
		return -EROFS;
	mutex_lock(&inode->lock);
	error = inode_op(inode, truncate)(inode, size);
	if (!error)
		inode_touch(inode, INODE_MTIME | INODE_CTIME);
	mutex_unlock(&inode->lock);
	return error;
}
