/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on the machine: stacks, device registers, file systems that come and go. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "shell.h"

static int run_stacks(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show_file("stacks", "/proc/stacks");
}
SHELL_COMMAND(stacks) = {"stacks",   "", "most that each thread used of its stacks, in bytes",
			 run_stacks, 0,	 0};

/*
 * --- devmem ------------------------------------------------------------------------------------
 */

#define USAGE_DEVMEM "[-f] ADDRESS [8 | 16 | 32 | 64 [VALUE]]"

/* All of the text, decimal or 0x…. */
static bool number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static int access_memory(const char *path, uint64_t address, unsigned bytes, uint64_t *value,
			 bool write)
{
	int file = open(path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC), error;
	ssize_t n;

	if (file < 0)
		return errno;
	n = write ? pwrite(file, value, bytes, (off_t)address)
		  : pread(file, value, bytes, (off_t)address);
	error = n == (ssize_t)bytes ? 0 : n < 0 ? errno : EIO;
	close(file);
	return error;
}

static int run_devmem(int argc, char **argv)
{
	bool force = !strcmp(argv[1], "-f");
	uint64_t address, value = 0, width = 32;
	int error;

	argc -= force;
	argv += force;
	if (argc < 2 || argc > 4 || !number(argv[1], &address) ||
	    (argc > 2 && !number(argv[2], &width)) || (argc > 3 && !number(argv[3], &value)) ||
	    (width != 8 && width != 16 && width != 32 && width != 64) ||
	    (width < 64 && value >> width) || address > INT64_MAX) {
		shell_say("usage: devmem " USAGE_DEVMEM "\n");
		return 2;
	}
	error = access_memory(force ? "/dev/ram" : "/dev/mem", address, (unsigned)width / 8, &value,
			      argc > 3);
	if (error) {
		shell_say("devmem: 0x%llx: %s\n", (unsigned long long)address,
			  error == EFAULT   ? "nothing answers there"
			  : error == EINVAL ? "that is no multiple of the width"
			  : error == EPERM ? "that is memory of the kernel or a program (-f: do it)"
					   : strerror(error));
		return 1;
	}
	if (argc < 4)
		fprintf(shell_out, "0x%0*llx\n", (int)width / 4, (unsigned long long)value);
	return 0;
}
SHELL_COMMAND(devmem) = {
	"devmem", USAGE_DEVMEM, "read or write a register at a physical address", run_devmem, 1, 4};

/*
 * --- mount -------------------------------------------------------------------------------------
 */

static int run_mount(int argc, char **argv)
{
	bool read_only = argc == 4 && !strcmp(argv[1], "-r");

	if (argc == 1)
		return shell_show_file("mount", "/proc/filesystems");
	if (argc != 3 && !read_only) {
		shell_say("usage: mount [[-r] DISK DIR]\n");
		return 2;
	}
	if (!mount(argv[argc - 2], argv[argc - 1], "vfat", read_only ? MS_RDONLY : 0, NULL))
		return 0;
	if (errno == ENODEV)
		shell_say("mount: there is no disk %s (see: devices)\n", argv[argc - 2]);
	else if (errno == EINVAL)
		shell_say("mount: %s: there is no FAT file system on it\n", argv[argc - 2]);
	else
		return shell_fail("mount", argv[argc - (errno == EBUSY ? 2 : 1)]);
	return 1;
}
SHELL_COMMAND(mount) = {"mount",
			"[[-r] DISK DIR]",
			"what is mounted; or mount a disk, with -r to be read only",
			run_mount,
			0,
			3};

static int run_umount(int argc, char **argv)
{
	(void)argc;
	if (!umount(argv[1]))
		return 0;
	if (errno == EINVAL)
		shell_say("umount: %s: nothing is mounted there\n", argv[1]);
	else
		return shell_fail("umount", argv[1]);
	return 1;
}
SHELL_COMMAND(umount) = {"umount",   "DIR", "write a file system back and take it away",
			 run_umount, 1,	    1};
