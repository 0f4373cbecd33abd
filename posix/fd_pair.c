/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <fs/file.h>
#include <mem/user.h>
#include <posix/fd.h>

static void take_back(int fd)
{
	struct file *removed = fd_remove(fd);

	if (removed)
		file_put(removed);
}

int fd_add_pair(struct file *const files[2], int *user, bool close_on_exec)
{
	int fds[2], error;

	fds[0] = fd_add(files[0], 0, close_on_exec);
	if (fds[0] < 0) {
		file_put(files[0]);
		file_put(files[1]);
		return fds[0];
	}
	fds[1] = fd_add(files[1], 0, close_on_exec);
	if (fds[1] < 0) {
		error = fds[1];
		take_back(fds[0]);
		file_put(files[1]);
		return error;
	}
	error = user_copy_out(user, fds, sizeof(fds));
	if (error) {
		take_back(fds[0]);
		take_back(fds[1]);
	}
	return error;
}

int fd_add_new(struct file *file, bool close_on_exec)
{
	int fd = fd_add(file, 0, close_on_exec);

	if (fd < 0)
		file_put(file);
	return fd;
}
