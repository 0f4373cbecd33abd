# SPDX-License-Identifier: BSD-2-Clause
# The database for an application that says DEPS = sqlite: SQLITE is the source tree, SQLITE_GEN the
# folder of what its own build makes of it, SQLITE_SRCS the library. SQLITE_DEFINES has what its
# configure would find, and of the features those that Debian's library has, too, as long as a
# program gets the same answers from both.
ifndef SQLITE
SQLITE_DIR := $(O)/deps/sqlite-$(shell sed -n 's/^VERSION=//p' deps/sqlite.recipe)
SQLITE := $(SQLITE_DIR)/src
SQLITE_GEN := $(SQLITE_DIR)/gen
SQLITE_SRCS := $(SQLITE_GEN)/sqlite3.c
SQLITE_INCLUDES := $(SQLITE_GEN) $(SQLITE)
SQLITE_DEFINES := HAVE_FDATASYNC HAVE_GMTIME_R HAVE_INTTYPES_H HAVE_ISNAN HAVE_LOCALTIME_R \
	HAVE_STDINT_H HAVE_STRCHRNUL HAVE_USLEEP USE_PREAD _LARGE_FILE _FILE_OFFSET_BITS=64 \
	SQLITE_THREADSAFE=1 SQLITE_OMIT_LOAD_EXTENSION SQLITE_ENABLE_COLUMN_METADATA \
	SQLITE_ENABLE_DBSTAT_VTAB SQLITE_ENABLE_FTS4 SQLITE_ENABLE_FTS5 \
	SQLITE_ENABLE_MATH_FUNCTIONS SQLITE_ENABLE_RTREE SQLITE_LIKE_DOESNT_MATCH_BLOBS \
	SQLITE_SOUNDEX SQLITE_USE_URI

$(SQLITE_DIR)/.fetched: deps/sqlite.recipe deps/fetch.sh
	@O=$(O) deps/fetch.sh sqlite && touch $@
$(SQLITE_DIR)/.made: $(SQLITE_DIR)/.fetched deps/sqlite_make.sh
	@echo "  GEN     $(SQLITE_GEN)"
	@deps/sqlite_make.sh $(SQLITE_DIR) && touch $@
$(SQLITE_SRCS): $(SQLITE_DIR)/.made ;
endif
$(n).ready += $(SQLITE_DIR)/.made
