/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files on the disk, by POSIX: the names are relative, since a program with FS=y begins in /fatfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(long result)
{
	if (result >= 0)
		return;
	printf("! %s\n", strerror(errno));
	exit(1);
}

static void echo(void)
{
	static const char text[] = "hello";
	int file;

	printf("`echo %s > /fatfs/echo.txt`\n", text);
	file = open("echo.txt", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	check(file);
	check(write(file, text, strlen(text)));
	check(close(file));
}

static void touch(void)
{
	int file;

	printf("`touch /fatfs/touch.txt`\n");
	file = open("touch.txt", O_WRONLY | O_CREAT, 0644);
	check(file);
	check(close(file));
}

static void cat(void)
{
	char text[10] = "";
	int file;

	printf("`cat /fatfs/echo.txt`\n");
	file = open("echo.txt", O_RDONLY);
	check(file);
	check(read(file, text, sizeof(text) - 1));
	check(close(file));
	printf("> %s\n", text);
}

int main(void)
{
	echo();
	touch();
	cat();
	return 0;
}
