/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on file systems that come and go. */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "../shell.h"

static int run_mount(int argc, char **argv)
{
	bool read_only = argc == 4 && !strcmp(argv[1], "-r");

	if (argc == 1)
		return shell_show("mount", "filesystems");
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

static int run_df(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : ".";
	struct statvfs of;

	if (statvfs(path, &of))
		return shell_fail("df", path);
	fprintf(shell_out, "%12s %12s %12s  PATH\n", "KiB", "USED", "FREE");
	fprintf(shell_out, "%12llu %12llu %12llu  %s\n",
		(unsigned long long)of.f_blocks * of.f_frsize / 1024,
		(unsigned long long)(of.f_blocks - of.f_bfree) * of.f_frsize / 1024,
		(unsigned long long)of.f_bavail * of.f_frsize / 1024, path);
	return 0;
}
SHELL_COMMAND(df) = {"df", "[PATH]", "space of the file system that holds PATH", run_df, 0, 1};
