# SPDX-License-Identifier: BSD-2-Clause
# The C library and the system call files of one processor, included by the top Makefile.
#
# Needs: ARCH, CROSS (prefix of the compiler), B (build folder).
# Gives: MUSL_LIB (file), MUSL_INCLUDE (folder), and the files GEN_STUBS, GEN_EXPORTS, GEN_TABLE in
# the folder GEN.

B ?= build
MUSL_VERSION := $(shell sed -n 's/^VERSION=//p' deps/musl.recipe)
MUSL_SRC := $(B)/deps/musl-$(MUSL_VERSION)/src
MUSL := $(B)/deps/musl-$(ARCH)
MUSL_LIB := $(MUSL)/lib/libc.a
MUSL_INCLUDE := $(MUSL)/include
GEN := $(B)/gen/$(ARCH)
GEN_STUBS := $(GEN)/stubs.S
GEN_EXPORTS := $(GEN)/exports.stubs
GEN_TABLE := $(GEN)/syscall_table.c

MUSL_CFLAGS_aarch64 := -mno-outline-atomics
MUSL_CFLAGS_x86_64 := -mno-red-zone -fcf-protection=none
MUSL_CFLAGS_riscv64 := -mcmodel=medany -march=rv64gc -mabi=lp64d
MUSL_CFLAGS := -Os -pipe -fpie -fvisibility=hidden -ftls-model=local-exec -ffunction-sections \
	-fdata-sections -fexceptions -fasynchronous-unwind-tables -fno-omit-frame-pointer \
	-fno-stack-protector -Wa,--noexecstack $(MUSL_CFLAGS_$(ARCH))

# Several make processes may share $(B): each step is done under a lock or by renaming.
$(B)/deps/musl-$(MUSL_VERSION)/.fetched: deps/musl.recipe deps/fetch.sh
	@O=$(B) deps/fetch.sh musl && touch $@

# The files keep their time when their contents do: a new system call does not rebuild the library.
$(GEN)/.stamp: tools/gen_syscalls.py posix/table.def include/posix/syscalls.h \
		$(B)/deps/musl-$(MUSL_VERSION)/.fetched
	@$(or $(PYTHON),python3) tools/gen_syscalls.py --arch $(ARCH) --musl $(MUSL_SRC) \
		--table posix/table.def --prototypes include/posix/syscalls.h --out $(GEN)
	@touch $@
$(GEN)/uk_syscalls.h $(GEN_STUBS) $(GEN_EXPORTS) $(GEN_TABLE): $(GEN)/.stamp ;

$(MUSL_LIB): $(GEN)/uk_syscalls.h $(wildcard posix/musl/*.h) deps/musl_build.sh \
		deps/musl.mk $(B)/deps/musl-$(MUSL_VERSION)/.fetched
	@MUSL_CFLAGS='$(MUSL_CFLAGS)' flock $(MUSL).lock sh deps/musl_build.sh $(ARCH) '$(CROSS)' \
		$(MUSL_SRC) $(GEN) $(MUSL)

# Headers come with the library.
$(MUSL_INCLUDE)/stdio.h: $(MUSL_LIB) ;

.PHONY: musl
musl: $(MUSL_LIB)
