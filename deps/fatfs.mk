# SPDX-License-Identifier: BSD-2-Clause
# The FAT library's sources, which fs/fat_lib.c includes as system headers: FATFS is their folder.
FATFS := $(O)/deps/fatfs-$(shell sed -n 's/^VERSION=//p' deps/fatfs.recipe)
FATFS_INCLUDE := $(FATFS)/src/lib/oofatfs

$(FATFS)/.fetched: deps/fatfs.recipe deps/fetch.sh
	@O=$(O) deps/fetch.sh fatfs && touch $@
