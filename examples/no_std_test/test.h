/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of no_std_test and std_test share. Each program has the same table of tests. */
#ifndef TEST_H
#define TEST_H

#include <stdint.h>

struct test {
	const char *name;
	void (*run)(int rounds); /* so many to warm up, then as many that count */
};

/* Ends with an empty name. */
extern const struct test tests[];

/* A sum of durations, and the shortest one. */
struct measure {
	uint64_t sum, least;
};

void measure_begin(struct measure *measure);
void measure_add(struct measure *measure, uint64_t duration);

/* "[[TEST]] NAME SUM/ROUNDS, min LEAST" */
void measure_print(const struct measure *measure, const char *name, int rounds);

/* In units of the program's own; a page of memory is 4,096 bytes. Both programs have these. */
uint64_t test_now(void);
int test_page(void **page); /* 0 or an errno */
void test_page_end(void *page);

/* The program ends with status 1. */
__attribute__((__noreturn__)) void test_fails(const char *what, int error);

#endif
