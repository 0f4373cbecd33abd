# SPDX-License-Identifier: BSD-2-Clause
#
# The targets that make something: all and build (everything), image (what run needs), size.

.PHONY: all build image size dependencies
DEFAULT_PROGRAM := $($(firstword $(APPS)).default)
IMAGE := $(K)/$(DEFAULT_PROGRAM).img
ELF   := $(K)/$(DEFAULT_PROGRAM).elf

all: build
build: $(foreach p,$(PROGRAMS),$(K)/$(p).elf $(K)/$(p).img $(K)/$(p).asm $(K)/$(p).size) \
	compile_commands
image: $(ELF) $(IMAGE) compile_commands
	@:
size: $(foreach p,$(PROGRAMS),$(K)/$(p).size)
	@cat $^
dependencies: $(MUSL_LIB) $(GEN_STUBS)
	@echo 'the dependencies for $(ARCH) are built'

include tools/build/commands.mk
