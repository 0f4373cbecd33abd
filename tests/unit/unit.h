/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unit tests: programs of this machine, built from the kernel's own sources with the sanitizers on.
 *
 *	// sources: lib/list.c lib/other.c
 *	#include "unit.h"
 *
 *	TEST(empty_list_has_no_front)
 *	{
 *		CHECK(list_pop_front(&list) == NULL);
 *	}
 *
 * The second line of a file, behind the licence, names the files under test; a line
 * `// flags: -DX -Idir` may follow. Tests run in the order they stand in the file; the first CHECK
 * that fails ends its test. One program is one test_*.c file; main() is here. SKIP("why") ends a
 * test that cannot run here.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit_test {
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

static struct unit_test *unit_tests, **unit_last = &unit_tests;
static char unit_failure[512], unit_skipped[256];

/* Helpers that return a value cannot leave a test; CHECK is for functions that return nothing. */
#define CHECK(expr)                                                                                \
	do {                                                                                       \
		if (!(expr)) {                                                                     \
			snprintf(unit_failure, sizeof(unit_failure), "%s (%s:%d)", #expr,          \
				 __FILE__, __LINE__);                                              \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* Call a helper that uses CHECK, and leave too if it failed. */
#define CHECK_IN(call)                                                                             \
	do {                                                                                       \
		call;                                                                              \
		if (unit_failure[0])                                                               \
			return;                                                                    \
	} while (0)

#define SKIP(why)                                                                                  \
	do {                                                                                       \
		snprintf(unit_skipped, sizeof(unit_skipped), "%s", why);                           \
		return;                                                                            \
	} while (0)

#define TEST(test)                                                                                 \
	static void test(void);                                                                    \
	static struct unit_test unit_##test = {#test, test, NULL};                                 \
	static __attribute__((constructor)) void unit_add_##test(void)                             \
	{                                                                                          \
		*unit_last = &unit_##test;                                                         \
		unit_last = &unit_##test.next;                                                     \
	}                                                                                          \
	static void test(void)

/* The same numbers on every run and machine. */
static inline uint64_t unit_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* A whole file, or NULL; the caller frees it. */
static inline uint8_t *unit_read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long len;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END) && (len = ftell(file)) > 0 && !fseek(file, 0, SEEK_SET)) {
		data = malloc((size_t)len);
		*size = data ? fread(data, 1, (size_t)len, file) : 0;
	}
	fclose(file);
	return data;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	int failed = 0;

	/* The name without test_, and a test's name as argument to run it alone. */
	if (!strncmp(name, "test_", 5))
		name += 5;
	for (struct unit_test *test = unit_tests; test; test = test->next) {
		if (argc > 1 && strcmp(argv[1], test->name))
			continue;
		unit_failure[0] = unit_skipped[0] = '\0';
		test->run();
		if (unit_failure[0])
			printf("FAIL %s/%s: %s\n", name, test->name, unit_failure);
		else if (unit_skipped[0])
			printf("SKIP %s/%s: %s\n", name, test->name, unit_skipped);
		else
			printf("PASS %s/%s\n", name, test->name);
		fflush(stdout);
		failed |= unit_failure[0] != '\0';
	}
	return failed;
}

#endif
