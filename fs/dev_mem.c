/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/mem, for a terminal with files: physical memory for the command devmem. A read or write of
 * 1, 2, 4 or 8 bytes at an aligned position is one access of that width; there are no others.
 * /dev/mem has what is no RAM, /dev/ram all. What nothing answers to is -EFAULT.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <arch/layout.h>
#include <arch/probe.h>
#include <fs/devfs.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/io.h>
#include <fs/mount.h>
#include <mem/linear.h>

#define MEM DEVICE_NUMBER(1, 1)
#define RAM DEVICE_NUMBER(1, 2)

/* Where the access is to be, mapped. NULL and an error. */
static volatile void *place(const struct file *file, const struct io *io, int64_t offset,
			    int *error)
{
	uint64_t pa = (uint64_t)(offset == OFFSET_CURRENT ? file->position : offset);
	size_t size = io->left;
	volatile void *address;

	*error = -EINVAL;
	if ((size != 1 && size != 2 && size != 4 && size != 8) || pa & (size - 1))
		return NULL;
	*error = -EFAULT;
	if (pa >= ARCH_LINEAR_SIZE)
		return NULL;
	if (linear_overlaps_ram(pa, size)) {
		*error = -EPERM;
		return file->inode->device == RAM ? linear_address(pa) : NULL;
	}
	address = linear_map_device(pa, size);
	*error = address ? 0 : -ENOMEM;
	return address;
}

static long mem_read(struct file *file, struct io *io, int64_t offset)
{
	size_t size = io->left;
	uint64_t value;
	int error;
	volatile void *address = place(file, io, offset, &error);

	if (!address)
		return error;
	error = arch_probe_load(address, (unsigned)size, &value);
	if (error)
		return error;
	io_out(io, &value, size);
	return io_result(io);
}

static long mem_write(struct file *file, struct io *io, int64_t offset)
{
	size_t size = io->left;
	uint64_t value = 0;
	int error;
	volatile void *address = place(file, io, offset, &error);

	if (!address)
		return error;
	if (io_in(io, &value, size) != size)
		return -EFAULT;
	error = arch_probe_store(address, (unsigned)size, value);
	return error ? error : (long)size;
}

static int64_t mem_seek(struct file *file, int64_t offset, int whence)
{
	if (whence != SEEK_SET || offset < 0)
		return -EINVAL;
	file->position = offset;
	return offset;
}

static const struct file_ops mem_ops = {
	.mode = S_IFCHR | 0600,
	.read = mem_read,
	.write = mem_write,
	.seek = mem_seek,
};

static int enter(struct inode *dev, const char *name, uint64_t device)
{
	const struct inode_make make = {
		.mode = mem_ops.mode, .device = device, .file_ops = &mem_ops};
	struct inode *made;
	int error = inode_op(dev, create)(dev, name, 3, &make, &made);

	if (!error)
		inode_put(made);
	return error;
}

int dev_mem_make(struct inode *root)
{
	struct inode *covered, *dev;
	int error = inode_op(root, lookup)(root, "dev", 3, &covered);

	if (error)
		return error;
	dev = mount_root_on(covered);
	inode_put(covered);
	error = enter(dev, "mem", MEM);
	if (!error)
		error = enter(dev, "ram", RAM);
	inode_put(dev);
	return error;
}
