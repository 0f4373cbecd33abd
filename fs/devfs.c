/* SPDX-License-Identifier: BSD-2-Clause */
#include <fs/devfs.h>

#include <errno.h>
#include <sys/stat.h>

#include <base/bits.h>
#include <base/compiler.h>
#include <base/str.h>
#include <fs/console_file.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/io.h>
#include <kernel/random.h>
#include <mem/vm.h>

static long null_read(struct file *file, struct io *io, int64_t offset)
{
	(void)file, (void)io, (void)offset;
	return 0;
}

static long null_write(struct file *file, struct io *io, int64_t offset)
{
	(void)file, (void)offset;
	return (long)io->left;
}

static long zero_read(struct file *file, struct io *io, int64_t offset)
{
	(void)file, (void)offset;
	io_zero(io, io->left);
	return io_result(io);
}

static long random_read(struct file *file, struct io *io, int64_t offset)
{
	uint8_t chunk[128];

	(void)file, (void)offset;
	while (io->left && !io->fault) {
		size_t n = MIN(io->left, sizeof(chunk));

		random_get(chunk, n);
		io_out(io, chunk, n);
	}
	return io_result(io);
}

/* What is written is stirred in, as if it were worth something. */
static long random_write(struct file *file, struct io *io, int64_t offset)
{
	uint64_t chunk;

	(void)file, (void)offset;
	while (io_in(io, &chunk, sizeof(chunk)) == sizeof(chunk))
		random_stir(chunk);
	return io_result(io);
}

/* Any position is as good as another. */
static int64_t null_seek(struct file *file, int64_t offset, int whence)
{
	(void)file, (void)offset, (void)whence;
	return 0;
}

/* Private or shared, it is memory of nobody's. */
static int zero_map(struct file *file, uintptr_t *address, size_t size, struct vm_region *region,
		    unsigned flags)
{
	(void)file;
	return vm_map(address, size, region->attrs, VM_ANON, flags, "memory");
}

const struct file_ops dev_null_ops = {
	.mode = S_IFCHR | 0666,
	.read = null_read,
	.write = null_write,
	.seek = null_seek,
};

const struct file_ops dev_zero_ops = {
	.mode = S_IFCHR | 0666,
	.read = zero_read,
	.write = null_write,
	.seek = null_seek,
	.map = zero_map,
};

const struct file_ops dev_random_ops = {
	.mode = S_IFCHR | 0666,
	.read = random_read,
	.write = random_write,
	.seek = null_seek,
};

static long full_write(struct file *file, struct io *io, int64_t offset)
{
	(void)file, (void)offset;
	return io->left ? -ENOSPC : 0;
}

static const struct file_ops dev_full_ops = {
	.mode = S_IFCHR | 0666,
	.read = zero_read,
	.write = full_write,
	.seek = null_seek,
};

static const struct {
	char name[8];
	uint64_t device;
	const struct file_ops *ops;
} devices[] = {
	{"null", DEVICE_NUMBER(1, 3), &dev_null_ops},
	{"zero", DEVICE_NUMBER(1, 5), &dev_zero_ops},
	{"full", DEVICE_NUMBER(1, 7), &dev_full_ops},
	{"random", DEVICE_NUMBER(1, 8), &dev_random_ops},
	{"urandom", DEVICE_NUMBER(1, 9), &dev_random_ops},
	{"tty", DEVICE_NUMBER(5, 0), &console_file_ops},
	{"console", DEVICE_NUMBER(5, 1), &console_file_ops},
};

static const struct {
	char name[8], target[8];
} links[] = {{"stdin", "fd/0"}, {"stdout", "fd/1"}, {"stderr", "fd/2"}};

static int make(struct inode *root, const char *name, const struct inode_make *what)
{
	struct inode *made;
	int error = inode_op(root, create)(root, name, str_length(name), what, &made);

	if (!error)
		inode_put(made);
	return error;
}

int devfs_fill(struct inode *root)
{
	const struct inode_make shared_memory = {.mode = S_IFDIR | 01777};
	int error = make(root, "shm", &shared_memory);

	for (size_t i = 0; !error && i < ARRAY_SIZE(devices); i++) {
		const struct inode_make device = {
			.mode = devices[i].ops->mode,
			.device = devices[i].device,
			.file_ops = devices[i].ops,
		};

		error = make(root, devices[i].name, &device);
	}
	for (size_t i = 0; !error && i < ARRAY_SIZE(links); i++) {
		const struct inode_make link = {
			.mode = S_IFLNK | 0777,
			.target = links[i].target,
			.target_length = str_length(links[i].target),
		};

		error = make(root, links[i].name, &link);
	}
	return error ? error : dev_fd_enter(root);
}
