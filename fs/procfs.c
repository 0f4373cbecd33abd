/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc: files that are what somebody says at the moment they are opened. */
#include <fs/procfs.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bits.h>
#include <base/guard.h>
#include <fs/devfs.h>
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

/*
 * --- names -------------------------------------------------------------------------------------
 *
 * Nothing is kept of them: an inode lives as long as somebody has it. A folder is what stands
 * before the slash in names; `device` of its inode is the first file in it.
 */

#define FOLDER_NUMBER 1000 /* of inodes: behind those of the files */

static const struct inode_ops proc_dir_ops, proc_file_inode_ops;

/* What is behind a folder's name and its slash in a file's; NULL: the file is elsewhere. */
static const char *name_in(const struct inode *dir, const struct proc_file *proc)
{
	const char *folder = __set_proc_file_start[dir->device].name, *name = proc->name;

	if (!dir->parent)
		return name;
	for (; *name == *folder; name++, folder++)
		if (*name == '/')
			return name + 1;
	return NULL;
}

static size_t length_of(const char *name)
{
	size_t length = 0;

	while (name[length] && name[length] != '/')
		length++;
	return length;
}

static struct inode *proc_release_inode(struct inode *inode)
{
	struct inode *parent = inode->parent;

	heap_free(inode);
	return parent;
}

static struct inode *make_inode(struct inode *dir, const struct proc_file *proc, bool folder)
{
	struct inode *made = heap_alloc_zeroed(sizeof(*made));

	if (!made)
		return NULL;
	made->ops = folder ? &proc_dir_ops : &proc_file_inode_ops;
	made->file_ops = folder ? &inode_dir_ops : &proc_file_ops;
	made->mount = dir->mount;
	made->parent = folder ? inode_get(dir) : NULL;
	made->refs = 1;
	made->nlink = folder ? 2 : 1;
	made->mode = folder ? S_IFDIR | 0555 : S_IFREG | (proc->store ? 0644 : 0444);
	made->device = (uint64_t)(proc - __set_proc_file_start);
	made->number = made->device + (folder ? FOLDER_NUMBER : 2);
	mutex_init(&made->lock);
	inode_touch(made, INODE_ATIME | INODE_MTIME | INODE_CTIME);
	return made;
}

static int proc_lookup(struct inode *dir, const char *name, size_t length, struct inode **found)
{
	SET_FOR_EACH (const struct proc_file, proc_file, proc) {
		const char *own = name_in(dir, proc);

		if (!own || length_of(own) != length || memcmp(own, name, length))
			continue;
		*found = make_inode(dir, proc, own[length]);
		return *found ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

/* Is it the first with this name: of a folder's files only one counts. */
static bool is_first(struct inode *dir, const struct proc_file *proc, const char *name)
{
	for (const struct proc_file *other = __set_proc_file_start; other < proc; other++) {
		const char *own = name_in(dir, other);

		if (own && length_of(own) == length_of(name) && !memcmp(own, name, length_of(name)))
			return false;
	}
	return true;
}

static int proc_entries(struct inode *dir, int64_t *position, struct dir_sink *sink)
{
	for (; *position - 2 < __set_proc_file_end - __set_proc_file_start; ++*position) {
		int64_t at = *position - 2;
		const struct proc_file *proc = &__set_proc_file_start[at];
		const char *name = name_in(dir, proc);
		bool folder = name && name[length_of(name)];

		if (name && is_first(dir, proc, name) &&
		    !sink->entry(sink, name, length_of(name),
				 (uint64_t)at + (folder ? FOLDER_NUMBER : 2),
				 folder ? S_IFDIR : S_IFREG, *position + 1))
			break;
	}
	return 0;
}

static const struct inode_ops proc_dir_ops = {.release = proc_release_inode};

INODE_OP_IF(FILES_TERMINAL, lookup, proc_dir_ops, proc_lookup);
INODE_OP_IF(FILES_TERMINAL, entries, proc_dir_ops, proc_entries);

/* What opening with O_TRUNC does: there is nothing to cut. */
static int proc_truncate(struct inode *inode, uint64_t size)
{
	(void)inode;
	return size ? -EINVAL : 0;
}

static const struct inode_ops proc_file_inode_ops = {.release = proc_release_inode};

INODE_OP_IF(FILES_TERMINAL, truncate, proc_file_inode_ops, proc_truncate);

static int proc_mount(struct inode *root)
{
	const struct inode_make make = {.mode = S_IFDIR | 0555};
	struct mount *proc = ramfs_create();
	struct inode *dir;
	int error = proc ? inode_op(root, lookup)(root, "proc", 4, &dir) : -ENOMEM;

	LINKS(inode_lookup_of_proc_dir_ops);
	LINKS(inode_entries_of_proc_dir_ops);
	LINKS(inode_truncate_of_proc_file_inode_ops);
	LINKS(proc_files_only);

	if (error == -ENOENT)
		error = inode_op(root, create)(root, "proc", 4, &make, &dir);
	if (error)
		return error;
	proc->root->ops = &proc_dir_ops;
	proc->root->mode = S_IFDIR | 0555;
	error = mount_on(proc, dir);
	inode_put(dir);
	return error;
}

static int fill(struct inode *root)
{
	int error = proc_mount(root);

	return error ? error : dev_mem_make(root);
}

/* Linked by the terminal's commands on files (shell/files). */
extern const struct root_hook uk_terminal_root;
const struct root_hook uk_terminal_root SECTION_SET_IF(root_hook, FILES_TERMINAL) = {fill};
