/* SPDX-License-Identifier: BSD-2-Clause */
/* What the FAT library calls: our volume as its drive, and the time. volume->lock is held. */
#include "fat.h"

#include <errno.h>

#include <base/date.h>
#include <diskio.h>
#include <kernel/clock.h>

int fat_lib_error(struct fat_volume *volume, int result)
{
	switch (result) {
	case FR_OK:
		return 0;
	case FR_NO_FILE:
		return -ENOENT;
	case FR_DENIED:
		return -ENOSPC;
	case FR_INVALID_NAME:
	case FR_NO_FILESYSTEM:
		return -EINVAL;
	default:
		result = volume->error ? volume->error : -EIO;
		volume->error = 0;
		return result;
	}
}

DRESULT disk_read(void *drive, BYTE *buffer, DWORD sector, UINT count)
{
	struct fat_volume *volume = drive;
	uint64_t size = volume->fat.ssize;
	int error = block_cache_read(volume->cache, sector * size, buffer, count * size);

	if (error)
		volume->error = error;
	return error ? RES_ERROR : RES_OK;
}

/* The tables of allocation. */
static bool is_table(const FATFS *fat, DWORD sector)
{
	if (fat_is_exfat(CONTAINER_OF(fat, struct fat_volume, fat)) &&
	    sector - fat->bitbase < (fat->n_fatent / 8 + fat->ssize) / fat->ssize)
		return true;
	return sector - fat->fatbase < fat->fsize * fat->n_fats;
}

DRESULT disk_write(void *drive, const BYTE *buffer, DWORD sector, UINT count)
{
	struct fat_volume *volume = drive;
	uint64_t size = volume->fat.ssize;
	enum block_class class = volume->class;
	int error;

	/* What is not in the window, but written at once: zeros of a directory's new cluster. */
	if (!volume->fat.wflag)
		class = BLOCK_DATA;
	if (is_table(&volume->fat, sector))
		class = BLOCK_ALLOCATION;
	error = block_cache_write(volume->cache, class, sector * size, buffer, count * size);
	if (error)
		volume->error = error;
	return error ? RES_ERROR : RES_OK;
}

DRESULT disk_ioctl(void *drive, BYTE command, void *buffer)
{
	struct fat_volume *volume = drive;

	if (command == GET_SECTOR_SIZE)
		*(WORD *)buffer = volume->fat.ssize;
	else if (command == IOCTL_INIT || command == IOCTL_STATUS)
		*(DSTATUS *)buffer = volume->read_only ? STA_PROTECT : 0;
	return RES_OK;
}

/* --- times: local time counts as UTC ---------------------------------------------------------- */

uint32_t fat_stamp(int64_t ns)
{
	struct date date;

	date_from_epoch(&date, ns < 0 ? 0 : ns / (int64_t)NS_PER_S);
	if (date.year < 1980)
		return 1 << 21 | 1 << 16;
	if (date.year > 2107)
		return 0xff9fbf7d;
	return (uint32_t)(date.year - 1980) << 25 | (uint32_t)date.month << 21 |
	       (uint32_t)date.day << 16 | (uint32_t)date.hour << 11 | (uint32_t)date.minute << 5 |
	       (uint32_t)date.second >> 1;
}

int64_t fat_from_stamp(uint32_t stamp, unsigned hundredths)
{
	const struct date date = {
		.year = 1980 + (int)(stamp >> 25),
		.month = stamp >> 21 & 15,
		.day = stamp >> 16 & 31,
		.hour = stamp >> 11 & 31,
		.minute = stamp >> 5 & 63,
		.second = (stamp & 31) * 2,
	};
	int64_t epoch;

	if (date_to_epoch(&date, &epoch))
		return 0;
	return epoch * (int64_t)NS_PER_S + hundredths * (int64_t)NS_PER_S / 100;
}

uint8_t fat_hundredths(int64_t ns)
{
	return ns < 0 ? 0 : (uint8_t)(ns % (2 * (int64_t)NS_PER_S) / ((int64_t)NS_PER_S / 100));
}

DWORD get_fattime(void)
{
	return fat_stamp((int64_t)clock_realtime_ns());
}
