# SPDX-License-Identifier: BSD-2-Clause
#
# Build, run and test an application with the kernel: `make help` lists targets and variables,
# docs/build.md tells how the parts fit. Each file below tools/build does one part:
#
#   config.mk     the variables a user sets, their defaults and allowed values
#   toolchain.mk  tools and compiler options
#   kernel.mk     sources -> kernel.o
#   app.mk        an application's folder -> its objects and programs
#   image.mk      kernel.o + objects + libraries -> .elf .img .map .asm .size
#   run.mk        run, debug, gdb, test, check, bench, soak
#   help.mk       help, clean: need no configuration

ifeq ($(filter 4.3% 4.4% 4.5% 5.%,$(MAKE_VERSION)),)
$(error GNU make 4.3 or newer is needed, this is $(MAKE_VERSION))
endif

MAKEFLAGS += -rR --no-print-directory
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: FORCE
.DEFAULT_GOAL := all

include tools/build/config.mk
include tools/build/help.mk

# These must work when the configuration is wrong; those of BARE_GOALS need no application either.
FREE_GOALS := help doctor clean replay disk tap_setup tap_remove check format reference
BARE_GOALS := $(FREE_GOALS) test unit bench bench-linux soak latency conformance \
	$(foreach d,user fs net_server net_client net_emu,$(d) $(d)_debug)
ifneq ($(filter-out $(FREE_GOALS),$(or $(MAKECMDGOALS),all)),)
include tools/build/validate.mk
endif
ifneq ($(filter-out $(BARE_GOALS),$(or $(MAKECMDGOALS),all)),)
include deps/fatfs.mk
include tools/build/toolchain.mk
include deps/musl.mk
include tools/build/kernel.mk
include tools/build/image.mk
$(foreach a,$(APP),$(eval app_word := $(a))$(eval include tools/build/app.mk))
include tools/build/outputs.mk
endif
include tools/build/run.mk
