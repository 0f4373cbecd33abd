/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/relr.h>

void relr_apply(uintptr_t base, const uint64_t *table, size_t count, uintptr_t slide)
{
	uintptr_t *where = NULL;

	for (size_t i = 0; i < count; i++) {
		uint64_t entry = table[i];

		if (!(entry & 1)) {
			where = (uintptr_t *)(base + entry);
			*where++ += slide;
			continue;
		}
		for (uintptr_t *word = where; entry >>= 1; word++)
			if (entry & 1)
				*word += slide;
		where += 63;
	}
}
