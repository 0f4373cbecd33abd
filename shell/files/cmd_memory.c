/* SPDX-License-Identifier: BSD-2-Clause */
/* The command devmem: registers of devices, by /dev/mem. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

#define USAGE_DEVMEM "[-f] ADDRESS [8 | 16 | 32 | 64 [VALUE]]"

static int access_memory(const char *path, uint64_t address, unsigned bytes, uint64_t *value,
			 bool write)
{
	int file = shell_open(path, write ? O_WRONLY : O_RDONLY), error;
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
	if (argc < 2 || argc > 4 || !shell_number(argv[1], INT64_MAX, &address) ||
	    (argc > 2 && !shell_number(argv[2], 64, &width)) ||
	    (argc > 3 && !shell_number(argv[3], UINT64_MAX, &value)) ||
	    (width != 8 && width != 16 && width != 32 && width != 64) ||
	    (width < 64 && value >> width)) {
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
FILE_COMMAND(devmem) = {
	"devmem", USAGE_DEVMEM, "read or write a register at a physical address", run_devmem, 1, 4};
