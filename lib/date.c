/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>

#include <base/date.h>

#define DAY_SECONDS 86400
#define YEAR_FIRST  1
#define YEAR_LAST   9999

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
	/* 30 or 31 by turns, the turn changing after July. */
	return month == 2 ? 28 + is_leap(year) : 30 + ((month + (month > 7)) & 1);
}

/* Days from 0001-01-01 to the first of January of `year`. */
static int32_t days_before(int year)
{
	year--;
	return year * 365 + year / 4 - year / 100 + year / 400;
}

int date_to_epoch(const struct date *date, int64_t *epoch)
{
	int32_t days;

	if (date->year < YEAR_FIRST || date->year > YEAR_LAST || date->month < 1 ||
	    date->month > 12 || date->day < 1 || date->day > month_days(date->year, date->month) ||
	    (unsigned)date->hour > 23 || (unsigned)date->minute > 59 || (unsigned)date->second > 59)
		return -EINVAL;
	days = days_before(date->year) - days_before(1970);
	for (int month = 1; month < date->month; month++)
		days += month_days(date->year, month);
	days += date->day - 1;
	*epoch = (int64_t)days * DAY_SECONDS + date->hour * 3600 + date->minute * 60 + date->second;
	return 0;
}

void date_from_epoch(struct date *date, int64_t epoch)
{
	int64_t start = (int64_t)days_before(1970) * DAY_SECONDS;
	int64_t end = (int64_t)days_before(YEAR_LAST + 1) * DAY_SECONDS;
	int64_t since = epoch < -start ? 0 : epoch >= end - start ? end - 1 : epoch + start;
	int32_t days = (int32_t)(since / DAY_SECONDS), second = (int32_t)(since % DAY_SECONDS);

	/* No year is longer than 366 days: the guess is not too late. */
	date->year = days / 366 + YEAR_FIRST;
	while (days_before(date->year + 1) <= days)
		date->year++;
	days -= days_before(date->year);
	for (date->month = 1; days >= month_days(date->year, date->month); date->month++)
		days -= month_days(date->year, date->month);
	date->day = days + 1;
	date->hour = second / 3600;
	date->minute = second / 60 % 60;
	date->second = second % 60;
}
