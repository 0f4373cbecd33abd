/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Civil dates (proleptic Gregorian, UTC, no leap seconds) and seconds since 1970-01-01 00:00:00, as
 * POSIX counts them. For clock chips and file systems that store dates.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdint.h>

struct date {
	int year;  /* 1 to 9999 */
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
	int hour, minute, second;
};

/* -EINVAL: there is no such day or time; `*epoch` is then untouched. */
int date_to_epoch(const struct date *date, int64_t *epoch);

/* Any time of the years 1 to 9999; others are cut to the nearest second of these years. */
void date_from_epoch(struct date *date, int64_t epoch);

#endif
