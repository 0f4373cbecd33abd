# SPDX-License-Identifier: BSD-2-Clause
#
# Tools and compiler options. Each option list says what must hold; nothing here depends on APP.

include arch/$(ARCH)/arch.mk
include boards/$(MACHINE)/board.mk

# The prefix of the tools: CROSS_COMPILE= wins.
CROSS   := $(or $(CROSS_COMPILE),$(CROSS_DEFAULT))
CC      := $(CROSS)gcc
CXX     := $(CROSS)g++
LD      := $(CROSS)ld
AR      := $(CROSS)ar
OBJCOPY := $(CROSS)objcopy
OBJDUMP := $(CROSS)objdump
PYTHON  := $(or $(wildcard /usr/bin/python3),python3) -B

# Asked of the compiler: its own headers and its support library.
gcc_files := $(shell $(CC) -print-libgcc-file-name 2>/dev/null && $(CC) -print-file-name=include)
ifeq ($(gcc_files),)
$(error The compiler $(CC) for ARCH=$(ARCH) is missing: install gcc$(if $(filter \
	x86_64,$(ARCH)),,-$(ARCH)-linux-gnu), or set CROSS_COMPILE)
endif
LIBGCC      := $(filter %.a,$(gcc_files))
LIBGCC_EH   := $(LIBGCC:libgcc.a=libgcc_eh.a)
GCC_INCLUDE := $(firstword $(filter-out %.a,$(gcc_files)))
MUSL        := $(O)/deps/musl-$(ARCH)
B           := $(O)

OPT_release := -Os
OPT_debug   := -Og
OPT_watch   := -Os
OPT := $(OPT_$(PROFILE))

# The image is a static position-independent executable, collected section by section; everything
# in it is reached directly. Frame pointers for backtraces; unwind tables for gdb and RECOVER=y.
PREFIX_MAP := $(call quote,-ffile-prefix-map=$(CURDIR)/=)
COMMON_CFLAGS := -std=gnu11 $(OPT) -g -fpie -fvisibility=hidden -ftls-model=local-exec \
	-ffunction-sections -fdata-sections -fno-omit-frame-pointer -fno-strict-aliasing \
	-fstack-protector-strong -mstack-protector-guard=global -fno-common \
	-fasynchronous-unwind-tables $(PREFIX_MAP) $(ARCH_CFLAGS)
WARNINGS := -Wall -Wextra
INCLUDES_LIBC := -nostdinc -isystem $(GCC_INCLUDE) -isystem $(MUSL)/include

# Lines of the levels debug and trace are compiled in when LOG asks for them; what the others show
# is decided at boot, by the word log= that `make run` passes on.
LOG_BUILD := $(or $(if $(filter debug,$(LOG)),DEBUG),$(if $(filter trace,$(LOG)),TRACE),INFO)

# The kernel: no floating point; no loop becomes a call that only a C library has.
KERNEL_CFLAGS := $(COMMON_CFLAGS) $(ARCH_KERNEL) -fno-tree-loop-distribute-patterns $(WARNINGS) \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla
VERSION := 0.1

KERNEL_CPPFLAGS := -include include/base/hidden.h -Iinclude -Iinclude/arch/$(ARCH) -I$(GEN) \
	$(INCLUDES_LIBC) -isystem $(FATFS_INCLUDE) -DLOG_BUILD_LEVEL=LOG_$(LOG_BUILD) \
	-DBUILD_ARCH='"$(ARCH)"' -DBUILD_MACHINE='"$(MACHINE)"' -DBUILD_VERSION='"$(VERSION)"' \
	$(if $(filter debug,$(PROFILE)),-DDEBUG=1) $(if $(filter watch,$(PROFILE)),-DIRQ_WATCH=1)
KERNEL_ASFLAGS := -g -Wa,--noexecstack -Iinclude -Iinclude/arch/$(ARCH) -I$(GEN) \
	$(PREFIX_MAP) $(ARCH_ASFLAGS)

APP_CFLAGS   := $(COMMON_CFLAGS) $(ARCH_APP)
APP_CPPFLAGS := $(INCLUDES_LIBC)
# C++ without exceptions and run-time types. Of libstdc++ the headers, which ask for the version of
# glibc, and not the library, which was compiled for glibc. Asked of the compiler when needed.
APP_CXXFLAGS = $(subst -std=gnu11,-std=gnu++17 -fno-exceptions -fno-rtti,$(APP_CFLAGS)) \
	'-D__GLIBC_PREREQ(a,b)=0'
CXX_INCLUDE = $(eval CXX_INCLUDE := $$(shell $(CXX) -x c++ -E -v /dev/null 2>&1 | \
	sed -n 's|^ \(/.*/c++/.*\)|\1|p'))$(CXX_INCLUDE)
CXX_MISSING = The compiler $(CXX) is missing, which programs in C++ need: install g++$(if $(filter \
	x86_64,$(ARCH)),,-$(ARCH)-linux-gnu)
# An application sees its own headers and <unishyper/...>, and no header of the kernel.
APP_INCLUDE  := $(O)/gen/include

LDFLAGS := -m $(LD_EMULATION) -pie --no-dynamic-linker -z norelro -z notext -z noexecstack \
	-z max-page-size=4096 --hash-style=gnu --build-id=none --gc-sections \
	--orphan-handling=error --no-warn-rwx-segments
