/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that were removed and are perhaps still on the medium: fs/fat.h says what for. */
#include "fat.h"

#define TRIES 16 /* places where a name may be noted */

static uint32_t hash_of(const struct fat_inode *dir, const uint8_t *text)
{
	uint32_t hash = 0x811c9dc5 ^ dir->first;

	for (unsigned i = 0; i < 11; i++)
		hash = (hash ^ text[i]) * 0x01000193; /* FNV-1a */
	return hash ^ hash >> 15;
}

static bool waits(const struct fat_volume *volume, uint32_t commit)
{
	return (int32_t)(commit - volume->done) > 0;
}

void fat_removed_note(struct fat_inode *dir, const uint8_t *text, uint32_t offset)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	uint32_t hash = hash_of(dir, text);

	for (uint32_t i = hash; i != hash + TRIES; i++) {
		struct fat_removed *at = &volume->removed[i % FAT_REMOVED];

		if (waits(volume, at->commit) && at->hash != hash)
			continue;
		*at = (struct fat_removed){hash, offset / FAT_ENTRY / FAT_TOGETHER, volume->commit};
		return;
	}
	volume->forgotten = volume->commit;
}

int fat_removed_settle(struct fat_inode *dir, const uint8_t *text, uint32_t offset)
{
	struct fat_volume *volume = fat_volume(&dir->inode);
	uint32_t hash = hash_of(dir, text), sector = offset / FAT_ENTRY / FAT_TOGETHER;
	bool needed = waits(volume, volume->forgotten);

	for (uint32_t i = hash; i != hash + TRIES; i++) {
		const struct fat_removed *at = &volume->removed[i % FAT_REMOVED];

		needed |= waits(volume, at->commit) && at->hash == hash && at->sector != sector;
	}
	return needed ? fat_commit_locked(volume) : 0;
}
