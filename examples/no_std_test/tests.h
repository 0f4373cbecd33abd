/* SPDX-License-Identifier: BSD-2-Clause */
/* The tests, in the order in which they run. */
#ifndef TESTS_H
#define TESTS_H

#include "test.h"

void test_thread_switch(int rounds);
void test_thread_getid(int rounds);
void test_thread_create(int rounds);
void test_mm_thread(int rounds);
void test_allocator_thread(int rounds);
void test_mm_alloc(int rounds);
void test_semaphore(int rounds);
void test_thread_schedule(int rounds);

#endif
