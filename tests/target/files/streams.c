/* SPDX-License-Identifier: BSD-2-Clause */
/* stdio on files. */
#define _GNU_SOURCE
#include <unistd.h>

#include "suite.h"

static void modes(void)
{
	FILE *file;

	CHECK(!fopen("file", "r") && errno == ENOENT && !fopen("file", "r+"));
	CHECK((file = fopen("file", "w")) && fputs("one\n", file) >= 0 && fgetc(file) == EOF &&
	      !fclose(file));
	CHECK((file = fopen("file", "a")) && fputs("two\n", file) >= 0 && !fclose(file));
	CHECK(!strcmp(get("file"), "one\ntwo\n"));
	CHECK((file = fopen("file", "r+")) && fputs("ONE", file) >= 0 && !fclose(file));
	CHECK((file = fopen("file", "a+")) && !fseek(file, 0, SEEK_SET) && fgetc(file) == 'O');
	CHECK(!fseek(file, 0, SEEK_SET) && fputs("end", file) >= 0 && !fclose(file));
	CHECK(!strcmp(get("file"), "ONE\ntwo\nend"));
	CHECK(!fopen("file", "wx") && errno == EEXIST && !unlink("file"));
}

static void places(void)
{
	FILE *file = fopen("file", "w+");
	char text[20];
	fpos_t place;

	for (int i = 0; i < 5000; i++)
		CHECK(fprintf(file, "%05d\n", i) == 6);
	CHECK(ftell(file) == 30000 && !fseek(file, 6 * 1234, SEEK_SET) && fgets(text, 20, file));
	CHECK(!strcmp(text, "01234\n") && !fgetpos(file, &place) && fgets(text, 20, file));
	CHECK(ungetc('x', file) == 'x' && fgetc(file) == 'x' && !fsetpos(file, &place));
	CHECK(fgets(text, 20, file) && !strcmp(text, "01235\n") && !fseek(file, -6, SEEK_END));
	CHECK(fscanf(file, "%s", text) == 1 && !strcmp(text, "04999") && fgetc(file) == '\n' &&
	      fgetc(file) == EOF);
	CHECK(feof(file) && !ferror(file));
	rewind(file);
	CHECK(fwrite("new", 1, 3, file) == 3 && !fflush(file) &&
	      !strncmp(get("file"), "new00\n", 6));
	CHECK(!fclose(file) && !unlink("file"));
}

static void lines(void)
{
	char *line = NULL;
	size_t room = 0;
	FILE *file = fopen("/given/pages.txt", "r");
	int count = 0;

	while (getline(&line, &room, file) == 37)
		count++;
	CHECK(count == 300 && feof(file) && !fclose(file));
	free(line);
}

static void reopened(void)
{
	FILE *file;

	CHECK(put("a", "first") && put("b", "second") && (file = fopen("a", "r")) &&
	      fgetc(file) == 'f');
	CHECK((file = freopen("b", "r", file)) && fgetc(file) == 's' && !fclose(file));
	CHECK((file = fdopen(dup(1), "w")) && !fclose(file) && !remove("a") && !remove("b"));
}

static const struct test tests[] = {TEST(modes), TEST(places), TEST(lines), TEST(reopened), {0}};
const struct suite stdio_suite = {"stdio", tests};
