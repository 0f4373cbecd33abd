/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * k-nucleotide: how often short strings occur in a sequence of DNA. One thread, or with -t as many
 * as there are, at most one for each of the seven lengths. [-n N] [-t THREADS]
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../now.h"
#include "knucleotide.h"

static const char letters[] = "ACTG";
static const char *const words[] = {"GGT", "GGTA", "GGTATT", "GGTATTTTAATT", "GGTATTTTAATTTATAGT"};

#define WORDS 5
#define JOBS  (2 + WORDS)
#define PAIRS 16

static const unsigned char *sequence;
static size_t sequence_size;
static struct table tables[JOBS];
static atomic_int next_job, failed;

static int length_of(int job)
{
	return job < 2 ? job + 1 : (int)strlen(words[job - 2]);
}

/* The longest first: it takes most of the time. */
static void *work(void *arg)
{
	int job;

	while ((job = JOBS - 1 - atomic_fetch_add(&next_job, 1)) >= 0)
		if (table_fill(&tables[job], sequence, sequence_size, length_of(job)))
			atomic_store(&failed, 1);
	return arg;
}

static uint64_t key_of(const char *word)
{
	uint64_t key = 0;

	for (; *word; word++)
		key = key << 2 | (uint64_t)(strchr(letters, *word) - letters);
	return key;
}

static void key_text(char *text, uint64_t key, int length)
{
	text[length] = 0;
	while (length--) {
		text[length] = letters[key & 3];
		key >>= 2;
	}
}

/* The most frequent first, and by name where two occur equally often. */
static int before(const void *one, const void *two)
{
	const struct count *a = one, *b = two;
	char first[4], second[4];

	if (a->times != b->times)
		return a->times > b->times ? -1 : 1;
	key_text(first, a->key, 2);
	key_text(second, b->key, 2);
	return strcmp(first, second);
}

static void print_frequencies(int length)
{
	struct count counts[PAIRS];
	size_t number = (size_t)1 << (2 * length);
	char text[4];

	for (uint64_t key = 0; key < number; key++)
		counts[key] = (struct count){key, table_times(&tables[length - 1], key)};
	qsort(counts, number, sizeof(*counts), before);
	for (size_t i = 0; i < number; i++) {
		key_text(text, counts[i].key, length);
		printf("%s %.3f\n", text,
		       100.0 * counts[i].times / (double)(sequence_size - (size_t)length + 1));
	}
	printf("\n");
}

static int count_all(int threads)
{
	pthread_t others[JOBS];
	int started = 0;

	while (started < threads - 1 && started < JOBS - 1 &&
	       !pthread_create(&others[started], NULL, work, NULL))
		started++;
	work(NULL);
	while (started)
		pthread_join(others[--started], NULL);
	return atomic_load(&failed);
}

int main(int argc, char **argv)
{
	long n = 25000, threads = 1;
	unsigned char *made;
	uint64_t start;
	int option;

	while ((option = getopt(argc, argv, "n:t:")) != -1)
		*(option == 'n' ? &n : &threads) = option == '?' ? 0 : atol(optarg);
	if (n < 10 || threads < 1 || optind < argc) {
		fprintf(stderr, "usage: %s [-n N] [-t THREADS]\n", argv[0]);
		return 2;
	}
	sequence = made = sequence_make((size_t)n);
	sequence_size = 5 * (size_t)n;
	start = now_ns();
	if (!made || count_all((int)threads)) {
		fprintf(stderr, "no memory for %zu nucleotides\n", sequence_size);
		return 1;
	}
	print_frequencies(1);
	print_frequencies(2);
	for (int i = 0; i < WORDS; i++)
		printf("%" PRIu32 "\t%s\n", table_times(&tables[2 + i], key_of(words[i])),
		       words[i]);
	fprintf(stderr, "time ns %" PRIu64 "\n", now_ns() - start);
	for (int i = 0; i < JOBS; i++)
		table_free(&tables[i]);
	free(made);
	return 0;
}
