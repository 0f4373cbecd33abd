# SPDX-License-Identifier: BSD-2-Clause
#
# Booting what was built, and the test programs, which call make themselves.

.PHONY: disk run debug gdb test unit check format bench bench-linux soak conformance libraries \
	run-command

# No root is needed. An image that is there is kept.
disk:
	@sh tools/mkdisk.sh $(call quote,$(DISK_IMG)) $(call quote,$(DISK_SIZE)) \
		$(call quote,$(DISK_FROM))

# The interface that NET=tap uses: made by root, and asked for in plain words of others. With sudo
# it belongs to the user, whose machines then need no root.
.PHONY: tap_setup tap_remove
TAP_SETUP = ip tuntap add dev $(TAP_IF) mode tap$(if $(SUDO_USER), user $(SUDO_USER)) && \
	ip addr add 10.0.0.1/24 dev $(TAP_IF) && ip link set dev $(TAP_IF) up && \
	echo 1 >/proc/sys/net/ipv4/conf/$(TAP_IF)/proxy_arp
TAP_REMOVE = ip link del dev $(TAP_IF)
as_root = @[ "$$(id -u)" = 0 ] || { echo 'This needs root: sudo make $@ TAP_IF=$(TAP_IF)'; \
	echo 'which does: $(1)'; exit 1; } >&2; $(1)
tap_setup:
	$(call as_root,$(TAP_SETUP))
tap_remove:
	$(call as_root,$(TAP_REMOVE))

# What a program with FS=y finds as its first disk.
HAS_DISK = $(and $(filter FS,$(subst -, ,$($(firstword $(APPS)).options))),$(filter-out \
	none,$(DISK)))

HAS_NET = $(filter NET,$(subst -, ,$($(firstword $(APPS)).options)))

BOOT_WORDS = $(strip $(BOOTARGS) $(if $(SHELL_PASSWORD),SHELL_PASSWORD="$(SHELL_PASSWORD)"))

# ARGS holds words quoted as for a shell.
RUN = $(PYTHON) tools/run.py --arch $(ARCH) --image $(IMAGE) --elf $(ELF) --smp $(SMP) \
	--mem $(MEM) $(if $(user.BUS),--bus $(BUS)) --log $(LOG) \
	$(if $(HAS_DISK),--disk $(call quote,$(DISK_IMG))$(comma)fat --disk-kind $(DISK)) \
	$(if $(HAS_NET),--net $(NET_KIND) --tap $(call quote,$(TAP_IF)) --pair $(call \
	quote,$(PAIR)) --nic $(NIC) $(if $(PORTS),--ports \
	$(call quote,$(PORTS))) $(if $(NET_DUMP),--net-dump $(call quote,$(NET_DUMP)))) \
	$(if $(QEMU_MACHINE),--qemu-machine $(call quote,$(QEMU_MACHINE))) \
	$(if $(QEMU_CPU),--qemu-cpu $(call quote,$(QEMU_CPU))) \
	$(if $(QEMU_ARGS),--qemu-args=$(call quote,$(QEMU_ARGS))) \
	$(if $(filter true y,$(KVM)),--kvm) \
	$(if $(findstring TERMINAL,$($(firstword $(APPS)).options)),--terminal) \
	$(if $(findstring VIRTIO_CONSOLE,$($(firstword $(APPS)).options)),--console virtio) \
	$(if $(APPENV),--appenv $(call quote,$(APPENV))) \
	$(if $(BOOT_WORDS),--bootargs $(call quote,$(BOOT_WORDS)))

run debug: image
	@$(RUN) $(if $(filter debug,$@),--gdb) -- $(ARGS); status=$$?; \
	[ $$status = 0 ] || echo "exit status: $$status" >&2; exit $$status

# Demos by the names they had first; those of the network talk to examples/net_test.
NET_DEMOS := net_server net_client net_emu net_server_debug net_client_debug net_emu_debug
OLD_DEMOS := user fs user_debug fs_debug
.PHONY: $(NET_DEMOS) $(OLD_DEMOS)
$(OLD_DEMOS): $(if $(filter fs fs_debug,$(MAKECMDGOALS)),disk)
	@$(MAKE) $(if $(filter %_debug,$@),debug,run) APP=$(@:_debug=)
$(NET_DEMOS):
	@$(MAKE) $(if $(filter %_debug,$@),debug,run) APP=net_demo \
		ARGS=$(if $(filter net_client%,$@),client,server) $(if $(filter-out \
		net_client%,$@),$(if $(filter user,$(NET_KIND)),PORTS=$(or $(PORTS),4444:4444)))

# A run that can be repeated: RECORDING is its folder. `make replay` takes all from there.
RECORDING := $(O)/recording
record: image
	@$(RUN) --record $(RECORDING) -- $(ARGS); status=$$?; \
	[ $$status = 0 ] || echo "exit status: $$status" >&2; exit $$status
replay:
	@$(PYTHON) tools/run.py --replay $(RECORDING) $(if $(filter y,$(GDB)),--gdb); status=$$?; \
	[ $$status = 0 ] || echo "exit status: $$status" >&2; exit $$status

# A core file for gdb of a run that crashes or, with SECONDS, hangs; ATTACH=y: of the machine that
# `make debug` has started.
.PHONY: core
CORE ?= $(O)/core
core: image
	@$(RUN) --core $(call quote,$(CORE)) $(if $(filter y,$(ATTACH)),--attach) \
		$(if $(SECONDS),--timeout $(SECONDS)) -- $(ARGS); status=$$?; \
	[ $$status = 0 ] || echo "exit status: $$status" >&2; exit $$status

# For uni, which starts the runner itself: the program's status is then its own. Two lines: the
# command, and the arguments that ARGS or the application gives.
run-command: image
	$(file >$(RUN_COMMAND),$(strip $(RUN))$(newline)$(ARGS))
	@:

gdb: image
	@gdb=$$(command -v gdb-multiarch || command -v gdb) || { \
		echo 'gdb is missing: install gdb-multiarch' >&2; exit 1; }; \
	! [ -r /proc/net/tcp ] || grep -q ':04D2 [0-9A-F:]* 0A' /proc/net/tcp* || { \
		echo 'no machine waits on port 1234: `make debug` elsewhere starts one' >&2; \
		exit 1; }; \
	$$gdb -q -x tools/gdb.py $(ELF) -ex 'target remote localhost:1234'

# The libraries of all processors first: whoever waits sees what is fetched and built.
test soak bench conformance: | libraries
libraries:
	@for arch in $(ARCHES); do \
		$(MAKE) -s ARCH=$$arch APP= dependencies >/dev/null || exit 1; \
	done
test:
	@$(PYTHON) tests/run.py -O $(O) $(TEST_ARGS)
unit:
	@$(MAKE) -f tests/unit/unit.mk O=$(O)
# Documents that are made from tables.
.PHONY: docs reference
docs: | libraries
	@$(PYTHON) tools/gen_posix_doc.py --musl $(O)/deps/musl-*/src
	@$(PYTHON) tools/gen_reference.py
	@! command -v doxygen >/dev/null || $(MAKE) reference
	@command -v doxygen >/dev/null || \
		echo 'without the reference of the API: install doxygen for that' >&2
# From the comments of the headers. A warning is an error.
reference:
	@command -v doxygen >/dev/null || \
		{ echo 'doxygen is missing: install doxygen' >&2; exit 1; }
	@mkdir -p $(O)
	@O=$(O) doxygen Doxyfile
	@echo 'the reference of the API is in $(O)/reference/index.html'

soak:
	@$(PYTHON) tests/run.py -O $(O) --soak $(if $(filter y,$(LONG)),--long) $(TEST_ARGS)
conformance:
	@$(PYTHON) tests/conformance/run.py --arch $(ARCH) $(TEST_ARGS)
bench:
	@$(PYTHON) tests/bench/run.py $(if $(filter command environment,$(firstword \
		$(origin ARCH))),--arch $(ARCH)) $(if $(filter \
		y,$(CHECK)),--check) $(ROW)
# What some figures are compared with: Debian's Linux and a static program.
bench-linux:
	@$(PYTHON) tools/measure/linux.py -O $(O) $(if $(filter command environment,$(firstword \
		$(origin ARCH))),--arch $(ARCH))
# Under icount an instruction is a nanosecond, and the host's load does not count.
LATENCY := $(O)/latency-$(ARCH)
latency:
	@$(MAKE) -s ARCH=$(ARCH) APP=latency image
	@$(PYTHON) tools/run.py --arch $(ARCH) \
		--image $(O)/$(ARCH)-$(MACHINE)-$(PROFILE)/latency.img \
		--icount shift=0,sleep=off --smp $(SMP) -- -N -q -h 100000 -l 2000 $(ARGS) \
		>$(LATENCY).txt
	@grep '^[T#]:* [A-Z0-9]' $(LATENCY).txt
	@$(PYTHON) tools/draw_latency.py $(LATENCY).txt $(LATENCY).svg
	@echo 'the histogram is drawn in $(LATENCY).svg'
check:
	@O=$(O) sh tools/check.sh
format:
	@sh tools/check.sh c-files | xargs clang-format -i
