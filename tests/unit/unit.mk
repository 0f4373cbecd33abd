# SPDX-License-Identifier: BSD-2-Clause
# Unit tests. `make unit` from the top, or `make -f tests/unit/unit.mk` alone; UNIT="fdt str"
# picks some.
#
# A test is tests/unit/test_NAME.c. A line `// sources: FILE...` ahead of its code names what is
# compiled with it; a line `// flags: ...` is for all files of this program, which are then not
# shared with others.

O ?= build
HOSTCC ?= gcc

.PHONY: unit
unit:

include deps/fatfs.mk
include deps/lwip.mk

unit-dir := $(O)/unit
unit-names := $(or $(UNIT),$(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c)))
unit-lost := $(strip $(foreach n,$(unit-names),$(if $(wildcard tests/unit/test_$(n).c),,$(n))))
$(if $(unit-lost),$(error UNIT=$(unit-lost) is unknown; allowed: $(patsubst \
	tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))))
unit-programs := $(unit-names:%=$(unit-dir)/test_%)
unit-flags := -std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-strict-aliasing -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude -Itests/unit

unit-word = $(shell sed -n '1,12s|^// $(1): *||p' tests/unit/test_$(2).c)

# unit-object SOURCE,OBJECT,FLAGS
define unit-object
ifndef unit-seen-$(2)
unit-seen-$(2) := y
$(2): $(1) tests/unit/unit.mk | $(if $(findstring FATFS,$(3)),$(FATFS)/.fetched)$(if \
	$(findstring LWIP,$(3)),$(LWIP_READY))
	@mkdir -p $$(@D)
	@echo "  HOSTCC  $(1)"
	@$$(HOSTCC) $$(unit-flags) $(3) -MD -MP -c -o $$@ $(1)
-include $(2:.o=.d)
endif
endef

# unit-program NAME,SOURCES,FLAGS,OBJECT-DIRECTORY
define unit-program
$(foreach s,$(2),$(eval $(call unit-object,$(s),$(4)/$(s:.c=.o),$(3))))
$(unit-dir)/test_$(1): $(patsubst %.c,$(4)/%.o,$(2))
	@$$(HOSTCC) -fsanitize=address,undefined -o $$@ $$^ -lm -lpthread
endef

$(foreach n,$(unit-names),$(eval $(call unit-program,$(n),tests/unit/test_$(n).c \
	$(patsubst lwip,$(LWIP_SRCS),$(call unit-word,sources,$(n))),$(call \
	unit-word,flags,$(n)),$(unit-dir)/$(if \
	$(call unit-word,flags,$(n)),$(n),shared))))

# Device trees of the emulator's machines; where it is missing, the tests that want them are
# skipped.
unit-trees := $(unit-dir)/virt-aarch64.dtb $(unit-dir)/virt-riscv64.dtb

$(unit-dir)/virt-%.dtb:
	@mkdir -p $(@D)
	@qemu-system-$* -M virt,dumpdtb=$@ -smp 4 -display none >/dev/null 2>&1 || :

unit: $(unit-programs) $(unit-trees)
	@UNIT_DIR=$(unit-dir) tests/unit/run.sh $(unit-programs)
