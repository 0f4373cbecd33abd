/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc: a directory of the memory file system whose files are opened here. */
#include <fs/procfs.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bits.h>
#include <base/guard.h>
#include <base/str.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/io.h>
#include <fs/mount.h>
#include <fs/ramfs.h>
#include <mem/heap.h>

#include <fs/root_hook.h>

SET_DECLARE(const struct proc_file, proc_file);

/* What a file's text was when it was opened. */
struct text {
	struct fmt_sink sink;
	size_t length, room;
	char bytes[];
};

static void count(struct fmt_sink *sink, const char *bytes, size_t length)
{
	(void)bytes;
	CONTAINER_OF(sink, struct text, sink)->length += length;
}

/* The facts may have grown since they were counted: what does not fit is cut. */
static void append(struct fmt_sink *sink, const char *bytes, size_t length)
{
	struct text *text = CONTAINER_OF(sink, struct text, sink);
	size_t n = MIN(length, text->room - text->length);

	memcpy(text->bytes + text->length, bytes, n);
	text->length += n;
}

static struct text *text_make(const struct proc_file *proc)
{
	struct text measure = {.sink.write = count}, *text;

	proc->show(&measure.sink);
	text = heap_alloc(sizeof(*text) + measure.length);
	if (text) {
		*text = (struct text){.sink.write = append, .room = measure.length};
		proc->show(&text->sink);
	}
	return text;
}

static int proc_open(struct inode *inode, unsigned flags, struct file **file);

static long proc_read(struct file *file, struct io *io, int64_t offset)
{
	const struct text *text = file->data;
	int64_t *at = offset == OFFSET_CURRENT ? &file->position : &offset;

	GUARD(mutex, &file->lock);
	if ((uint64_t)*at < text->length)
		*at += (int64_t)io_out(io, text->bytes + *at, text->length - (size_t)*at);
	return io_result(io);
}

static long proc_write(struct file *file, struct io *io, int64_t offset)
{
	const struct proc_file *proc = &__set_proc_file_start[file->inode->device];
	char line[80];
	size_t n = io->left < sizeof(line) ? io_in(io, line, io->left) : 0;
	int error;

	(void)offset;
	if (!n)
		return io->fault ? -EFAULT : io->left ? -EINVAL : 0;
	line[n - (line[n - 1] == '\n')] = '\0';
	error = proc->store(line);
	return error ? error : (long)n;
}

static int64_t proc_seek(struct file *file, int64_t offset, int whence)
{
	const struct text *text = file->data;

	GUARD(mutex, &file->lock);
	if (whence == SEEK_CUR || whence == SEEK_END) {
		if (__builtin_add_overflow(
			    offset, whence == SEEK_CUR ? file->position : (int64_t)text->length,
			    &offset))
			return -EOVERFLOW;
	} else if (whence != SEEK_SET) {
		return -EINVAL;
	}
	if (offset < 0)
		return -EINVAL;
	file->position = offset;
	return offset;
}

static void proc_release(struct file *file)
{
	heap_free(file->data);
}

static const struct file_ops proc_file_ops = {
	.mode = S_IFREG | 0444,
	.open = proc_open,
	.read = proc_read,
	.write = proc_write,
	.seek = proc_seek,
	.release = proc_release,
};

static int proc_open(struct inode *inode, unsigned flags, struct file **file)
{
	const struct proc_file *proc = &__set_proc_file_start[inode->device];
	struct text *text;

	if ((flags & O_ACCMODE) != O_RDONLY && !proc->store)
		return -EACCES;
	text = text_make(proc);
	*file = text ? file_create(&proc_file_ops, inode_get(inode), flags) : NULL;
	if (*file) {
		(*file)->data = text;
		return 0;
	}
	if (text)
		inode_put(inode);
	heap_free(text);
	return -ENOMEM;
}

/* The folder a name is in, with a reference; *name becomes what is left of it. */
static int enter_folder(struct inode *root, const char **name, struct inode **dir)
{
	const struct inode_make make = {.mode = S_IFDIR | 0555};
	const char *text = *name;
	size_t length = 0;
	int error;

	while (text[length] && text[length] != '/')
		length++;
	if (!text[length]) {
		*dir = inode_get(root);
		return 0;
	}
	*name = text + length + 1;
	error = root->ops->lookup(root, text, length, dir);
	return error == -ENOENT ? root->ops->create(root, text, length, &make, dir) : error;
}

static int enter(struct inode *root, const struct proc_file *proc)
{
	const struct inode_make make = {.mode = S_IFREG | (proc->store ? 0644 : 0444)};
	const char *name = proc->name;
	struct inode *made, *dir;
	int error = enter_folder(root, &name, &dir);

	if (error)
		return error;
	error = dir->ops->create(dir, name, str_length(name), &make, &made);
	inode_put(dir);
	if (error)
		return error;
	made->file_ops = &proc_file_ops;
	made->device = (uint64_t)(proc - __set_proc_file_start);
	inode_put(made);
	return 0;
}

static int fill(struct inode *root)
{
	int error = 0;

	SET_FOR_EACH (const struct proc_file, proc_file, proc) {
		error = enter(root, proc);
		if (error)
			break;
	}
	root->mode = S_IFDIR | 0555;
	return error;
}

static int proc_mount(struct inode *root)
{
	const struct inode_make make = {.mode = S_IFDIR | 0555};
	struct mount *proc = ramfs_create();
	struct inode *dir;
	int error = proc ? root->ops->lookup(root, "proc", 4, &dir) : -ENOMEM;

	if (error == -ENOENT)
		error = root->ops->create(root, "proc", 4, &make, &dir);
	if (error)
		return error;
	error = mount_on(proc, dir);
	inode_put(dir);
	return error ? error : fill(proc->root);
}

ROOT_HOOK(TERMINAL, proc) = {proc_mount};
