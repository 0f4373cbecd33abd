/* SPDX-License-Identifier: BSD-2-Clause */
// sources: lib/timeconv.c lib/date.c
#include <errno.h>
#include <limits.h>
#include <time.h>

#include <base/date.h>
#include <base/timeconv.h>

#include "unit.h"

#define YEARS_500 (UINT64_C(500) * 366 * 86400 * NS_PER_SEC)

typedef unsigned __int128 wide;

static const uint64_t frequencies[] = {
	1,	    3,		32768,	    1000000,	3579545,	   10000000,
	19200000,   24000000,	54000000,   62500000,	999999999,	   1000000000,
	1000000001, 2394457123, 3000000000, 5999999999, UINT64_C(1) << 40,
};
#define FREQUENCIES (sizeof(frequencies) / sizeof(frequencies[0]))

TEST(counts_to_ns)
{
	uint64_t seed = 9;

	for (size_t f = 0; f < FREQUENCIES; f++) {
		struct timeconv conv = timeconv_make(frequencies[f]);

		CHECK(conv.shift >= 1 && conv.shift <= 63);
		for (int i = 0; i < 20000; i++) {
			wide most = (wide)YEARS_500 * frequencies[f] / NS_PER_SEC;
			uint64_t top = most > UINT64_MAX ? UINT64_MAX : (uint64_t)most;
			uint64_t counts = (unit_random(&seed) >> (i & 63)) % (top + !!~top);
			wide exact = (wide)counts * NS_PER_SEC / frequencies[f];
			uint64_t ns = timeconv_apply(&conv, counts);

			CHECK(ns >= exact && ns - exact <= 2);
			CHECK(counts >> 32 || ns == exact || frequencies[f] > UINT64_C(1) << 32);
		}
	}
}

TEST(whole_seconds_are_exact)
{
	for (size_t f = 0; f < FREQUENCIES; f++) {
		struct timeconv conv = timeconv_make(frequencies[f]);

		for (uint64_t second = 0; second < 100000; second += 7)
			CHECK(timeconv_apply(&conv, second * frequencies[f]) ==
			      second * NS_PER_SEC);
	}
}

TEST(time_never_goes_back)
{
	for (size_t f = 0; f < FREQUENCIES; f++) {
		struct timeconv conv = timeconv_make(frequencies[f]);
		uint64_t last = 0, from = UINT64_C(0x100000000) - 5000;

		for (uint64_t counts = from; counts < from + 10000; counts++) {
			uint64_t ns = timeconv_apply(&conv, counts);

			CHECK(ns >= last);
			last = ns;
		}
	}
}

/* A deadline is not early, and not late by two counts or more. */
TEST(ns_to_counts)
{
	uint64_t seed = 10;

	for (size_t f = 0; f < FREQUENCIES; f++) {
		struct timeconv to_ns = timeconv_make(frequencies[f]);
		struct timeconv from_ns = timeconv_make_inverse(frequencies[f]);

		for (int i = 0; i < 20000; i++) {
			uint64_t ns = (unit_random(&seed) >> (i & 63)) % YEARS_500;
			wide exact = ((wide)ns * frequencies[f] + NS_PER_SEC - 1) / NS_PER_SEC;
			uint64_t counts = timeconv_apply_up(&from_ns, ns);

			if (exact > UINT64_MAX / 2)
				continue;
			CHECK(counts >= exact && counts - exact <= 2);
			CHECK(timeconv_apply(&to_ns, counts) >= ns);
		}
	}
}

TEST(dates)
{
	static const struct {
		struct date date;
		int64_t epoch;
	} known[] = {
		{{1970, 1, 1, 0, 0, 0}, 0},
		{{1969, 12, 31, 23, 59, 59}, -1},
		{{1980, 1, 1, 0, 0, 0}, 315532800},
		{{2000, 2, 29, 12, 30, 15}, 951827415},
		{{2038, 1, 19, 3, 14, 8}, INT64_C(2147483648)},
		{{2100, 3, 1, 0, 0, 0}, INT64_C(4107542400)},
		{{1, 1, 1, 0, 0, 0}, INT64_C(-62135596800)},
		{{9999, 12, 31, 23, 59, 59}, INT64_C(253402300799)},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct date date;
		int64_t epoch;

		CHECK(!date_to_epoch(&known[i].date, &epoch) && epoch == known[i].epoch);
		date_from_epoch(&date, epoch);
		CHECK(!memcmp(&date, &known[i].date, sizeof(date)));
	}
}

TEST(every_day_as_in_c)
{
	for (int64_t day = -720000; day < 2930000; day += 3) {
		time_t t = (time_t)(day * 86400 + (day * 7919 & 0xffff));
		struct tm tm;
		struct date date;
		int64_t epoch;

		if (!gmtime_r(&t, &tm) || tm.tm_year + 1900 < 1 || tm.tm_year + 1900 > 9999)
			continue;
		date_from_epoch(&date, t);
		CHECK(date.year == tm.tm_year + 1900 && date.month == tm.tm_mon + 1);
		CHECK(date.day == tm.tm_mday && date.hour == tm.tm_hour);
		CHECK(date.minute == tm.tm_min && date.second == tm.tm_sec);
		CHECK(!date_to_epoch(&date, &epoch) && epoch == t);
	}
}

TEST(no_such_date)
{
	static const struct date bad[] = {
		{0, 1, 1, 0, 0, 0},	  {10000, 1, 1, 0, 0, 0},      {-5, 1, 1, 0, 0, 0},
		{INT_MIN, 1, 1, 0, 0, 0}, {INT_MAX, 1, 1, 0, 0, 0},    {2024, 0, 1, 0, 0, 0},
		{2024, 13, 1, 0, 0, 0},	  {2024, INT_MIN, 1, 0, 0, 0}, {2024, 1, 0, 0, 0, 0},
		{2024, 1, 32, 0, 0, 0},	  {2024, 4, 31, 0, 0, 0},      {2024, 2, 30, 0, 0, 0},
		{2023, 2, 29, 0, 0, 0},	  {1900, 2, 29, 0, 0, 0},      {2024, 1, 1, 24, 0, 0},
		{2024, 1, 1, -1, 0, 0},	  {2024, 1, 1, 0, 60, 0},      {2024, 1, 1, 0, 0, 60},
		{2024, 1, 1, 0, 0, -1},
	};
	int64_t epoch = 5;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(date_to_epoch(&bad[i], &epoch) == -EINVAL && epoch == 5);
}

TEST(far_times_are_cut)
{
	struct date date;

	date_from_epoch(&date, INT64_MAX);
	CHECK(date.year == 9999 && date.month == 12 && date.day == 31 && date.second == 59);
	date_from_epoch(&date, INT64_MIN);
	CHECK(date.year == 1 && date.month == 1 && date.day == 1 && date.second == 0);
}
