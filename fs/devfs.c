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
};

const struct file_ops dev_random_ops = {
	.mode = S_IFCHR | 0666,
	.read = random_read,
	.write = random_write,
	.seek = null_seek,
};

static const struct {
	char name[8];
	uint64_t device;
	const struct file_ops *ops;
} devices[] = {
	{"null", DEVICE_NUMBER(1, 3), &dev_null_ops},
	{"zero", DEVICE_NUMBER(1, 5), &dev_zero_ops},
	{"random", DEVICE_NUMBER(1, 8), &dev_random_ops},
	{"urandom", DEVICE_NUMBER(1, 9), &dev_random_ops},
	{"tty", DEVICE_NUMBER(5, 0), &console_file_ops},
	{"console", DEVICE_NUMBER(5, 1), &console_file_ops},
};

int devfs_fill(struct inode *root)
{
	struct inode *made;
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		const struct inode_make make = {
			.mode = devices[i].ops->mode,
			.device = devices[i].device,
			.file_ops = devices[i].ops,
		};

		error = root->ops->create(root, devices[i].name, str_length(devices[i].name), &make,
					  &made);
		if (error)
			return error;
		inode_put(made);
	}
	return 0;
}
