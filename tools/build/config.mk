# SPDX-License-Identifier: BSD-2-Clause
#
# The variables a user sets, as arguments of make or in the environment. An empty one has its
# default. validate.mk checks them.

# $(call default,NAME,VALUE). Afterwards $(user.NAME) is what the user said, if anything.
from_user = $(filter environment% command%,$(origin $(1)))
default = $(eval user.$(1) := $$(if $$(call from_user,$(1)),$$($(1))))$(if $($(1)),,$(eval \
	$(if $(filter command%,$(origin $(1))),override) $(1) := $(2)))

$(call default,ARCH,aarch64)
$(call default,MACHINE,qemu)
$(call default,APP,hello_world)
$(call default,LOG,info)
$(call default,PROFILE,release)
$(call default,BUS,mmio)
$(call default,SMP,1)
$(call default,MEM,128M)
$(call default,ARGS,)
$(call default,DISK,virtio)
$(call default,NIC,virtio)
$(call default,DEVICES,)
$(call default,DISK_IMG,disk.img)
$(call default,DISK_SIZE,360M)
$(call default,O,build)
APP_BIN ?=

# The machine's name in an earlier version.
ifeq ($(MACHINE),virt)
override MACHINE := qemu
endif

ARCHES    := aarch64 x86_64 riscv64
MACHINES  := $(sort $(patsubst boards/%/board.mk,%,$(wildcard boards/*/board.mk)))
LOGS      := off error warn info debug trace
PROFILES  := release debug watch
BUSES     := mmio pci
DISKS     := virtio nvme none
NICS      := virtio e1000e
# Of images with FS or NET, the drivers by what they are run on; all, whatever that will be.
HAS_ALL   := $(filter all generic,$(DEVICES) $(MACHINE))
HAS_MMIO  := $(HAS_ALL)$(filter-out x86_64,$(ARCH))$(filter mmio,$(user.BUS))$(findstring \
	microvm,$(QEMU_MACHINE))
HAS_NVME  := $(HAS_ALL)$(filter nvme,$(DISK))
HAS_E1000E := $(HAS_ALL)$(filter e1000e,$(NIC))
HAS_PCI   := $(HAS_NVME)$(HAS_E1000E)$(filter x86_64,$(ARCH))$(filter pci,$(BUS))
OPTIONS   := FS EXFAT FILES NET TERMINAL VIRTIO_CONSOLE SYMS ZONES RECOVER
# NET=tap and NET=pair are NET=y by other ways out of the machine.
NET_KIND := $(or $(filter tap pair,$(NET)),user)
ifneq ($(NET_KIND),user)
override NET := y
$(if $(filter environment,$(origin NET)),$(eval export NET := y))
endif
$(foreach o,$(OPTIONS),$(call default,$(o),n))
TAP_IF ?= tap0
PAIR ?= pair
EXAMPLES  := $(sort $(patsubst examples/%/,%,$(dir $(wildcard \
	$(addprefix examples/*/,*.c *.cc *.cpp app.mk)))))

# Bytes and rounds of the network's benches (examples/net_tcp_bench), by the names they always had.
# K is a folder below: what the environment says of it goes on to further makes as BENCH_K.
user.K := $(or $(if $(call from_user,K),$(K)),$(BENCH_K))
user.R := $(if $(call from_user,R),$(R))
$(if $(user.K),$(eval export BENCH_K := $(user.K))$(eval unexport K))

# All that belongs to one choice of processor, machine and profile.
override K := $(O)/$(ARCH)-$(MACHINE)-$(PROFILE)
GEN := $(O)/gen/$(ARCH)

Q := $(if $(filter-out 0,$(V)),,@)
# $(call say,WORD,FILE): what a recipe does, in one short line; V=1 shows the commands instead.
# Not on the standard output: there `make run` shows what the program prints and nothing else.
silent := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(filter-out 0,$(V))$(silent),,@printf '  %-7s %s\n' '$(1)' '$(2)' >&2)

empty :=
space := $(empty) $(empty)
comma := ,
define newline


endef
# $(call quote,TEXT): one word for the shell, whatever it holds.
quote = '$(subst ','\'',$(1))'
differs = $(subst x$(1)x,,x$(2)x)$(subst x$(2)x,,x$(1)x)

# $(call stamp,FILE,TEXT): FILE holds TEXT and is newer than what was made with another TEXT. What
# is read is stripped, too: make 4.3 leaves the newline of some files, by their length.
stamp = $(if $(call differs,$(strip $(file <$(1))),$(strip $(2))),$(call make_dir,$(dir \
	$(1)))$(file >$(1),$(strip $(2))))
make_dir = $(if $(wildcard $(1)),,$(if $(shell mkdir -p $(1) && echo y),,$(error cannot make the \
	folder $(1))))
