/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mounts [FOLDER ...]: the disks are mounted before main, and unmounted at the end. Says where it
 * begins, and of each folder what its file NAME says and whether a file can be made in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void tell(const char *folder)
{
	struct statvfs stat = {0};
	char path[PATH_MAX], text[32] = "";
	int fd, result;

	snprintf(path, sizeof(path), "%s/NAME", folder);
	fd = open(path, O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		strcpy(text, "?");
	close(fd);
	snprintf(path, sizeof(path), "%s/new file", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	result = fd < 0 ? errno : 0;
	if (fd >= 0 && (write(fd, text, strlen(text)) < 0 || fsync(fd)))
		result = errno;
	close(fd);
	if (statvfs(folder, &stat))
		result = errno;
	printf("%s has %s, create %s, %s\n", folder, text, result ? strerror(result) : "works",
	       stat.f_flag & ST_RDONLY ? "read-only" : "writable");
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];

	if (argc > 1)
		printf("begins at %s\n", getcwd(path, sizeof(path)) ? path : "?");
	for (int i = 1; i < argc; i++)
		tell(argv[i]);
	return 0;
}
