/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from one file to another, through a page of the kernel's. What was read and could not be
 * written is not skipped: only what has arrived counts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <arch/layout.h>
#include <base/bits.h>
#include <base/guard.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/io.h>
#include <mem/heap.h>
#include <mem/user.h>
#include <posix/fd.h>
#include <posix/syscalls.h>

#define MOVE_MAX ((size_t)0x7ffff000) /* in one call, as Linux has it */

/* An end of the transfer: a position of its own, or that of the file, which follows. */
struct end {
	struct file *file;
	int64_t *user; /* where the program keeps the position, or NULL */
	int64_t at;
};

/* For files that have positions. */
static int end_begin(struct end *end)
{
	if (!end->user) {
		end->at = end->file->ops->seek(end->file, 0, SEEK_CUR);
		return end->at < 0 ? (int)end->at : 0;
	}
	if (user_copy_in(&end->at, end->user, sizeof(end->at)))
		return -EFAULT;
	return end->at < 0 ? -EINVAL : 0;
}

static int end_done(struct end *end)
{
	if (end->user)
		return user_copy_out(end->user, &end->at, sizeof(end->at));
	end->file->ops->seek(end->file, end->at, SEEK_SET);
	return 0;
}

/* `to` without a position writes at the file's own. Bytes moved or a negative errno. */
static long move_page(struct end *from, struct file *to, int64_t to_at, void *page, size_t size)
{
	struct io io;
	long n;

	io_kernel(&io, page, MIN(size, PAGE_SIZE));
	n = from->file->ops->read(from->file, &io, from->at);
	if (n <= 0)
		return n;
	io_kernel(&io, page, (size_t)n);
	n = to->ops->write(to, &io, to_at);
	if (n > 0)
		from->at += n;
	return n;
}

static long move(struct end *from, struct end *to, bool positioned, size_t size)
{
	void *page = heap_alloc(PAGE_SIZE);
	size_t done = 0;
	long n = 0;

	if (!page)
		return -ENOMEM;
	for (size = MIN(size, MOVE_MAX); done < size; done += (size_t)n) {
		n = move_page(from, to->file, positioned ? to->at : OFFSET_CURRENT, page,
			      size - done);
		if (n <= 0)
			break;
		to->at += n;
	}
	heap_free(page);
	return done ? (long)done : n;
}

long sys_sendfile(int out_fd, int in_fd, int64_t *pos, size_t len)
{
	struct file *in CLEANUP(fd_drop) = fd_get(in_fd);
	struct file *out CLEANUP(fd_drop) = fd_get(out_fd);
	struct end from = {in, pos, 0}, to = {out, NULL, 0};
	long moved;
	int error;

	if (!in || !out || !(in->rights & FILE_READ) || !(out->rights & FILE_WRITE))
		return -EBADF;
	if (!in->ops->seek || !in->ops->read || !out->ops->write || out->flags & O_APPEND)
		return -EINVAL;
	error = end_begin(&from);
	if (error)
		return error;
	moved = move(&from, &to, false, len);
	error = moved > 0 ? end_done(&from) : 0;
	return error ? error : moved;
}

static int check_regular(const struct file *file, unsigned right)
{
	if (!file || !(file->rights & right))
		return -EBADF;
	if (!file->inode)
		return -EINVAL;
	if (inode_is_dir(file->inode))
		return -EISDIR;
	return S_ISREG(file->inode->mode) ? 0 : -EINVAL;
}

long sys_copy_file_range(int in_fd, int64_t *in_pos, int out_fd, int64_t *out_pos, size_t len,
			 unsigned int flags)
{
	struct file *in CLEANUP(fd_drop) = fd_get(in_fd);
	struct file *out CLEANUP(fd_drop) = fd_get(out_fd);
	struct end from = {in, in_pos, 0}, to = {out, out_pos, 0};
	long moved;
	int error = check_regular(in, FILE_READ);

	if (!error)
		error = check_regular(out, FILE_WRITE);
	if (!error && out->flags & O_APPEND)
		error = -EBADF;
	if (!error && flags)
		error = -EINVAL;
	if (!error)
		error = end_begin(&from);
	if (!error)
		error = end_begin(&to);
	if (error)
		return error;
	len = MIN(len, MOVE_MAX);
	if (in->inode == out->inode && from.at < to.at + (int64_t)len &&
	    to.at < from.at + (int64_t)len)
		return -EINVAL; /* they overlap */
	moved = move(&from, &to, true, len);
	error = moved > 0 ? end_done(&from) : 0;
	if (!error && moved > 0)
		error = end_done(&to);
	return error ? error : moved;
}
