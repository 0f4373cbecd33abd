# SPDX-License-Identifier: BSD-2-Clause
.PHONY: help clean doctor

define HELP
Usage: make [TARGET] [VARIABLE=value ...]     (variables may also come from the environment)

Targets
  all, build     make the image of APP and what belongs to it (the default)
  run            build and boot it in QEMU
  debug          build, boot and wait for gdb on port 1234; gdb: attach gdb with symbols
  core           run APP; when it crashes, write CORE [build/core] for gdb with all threads;
                 also after SECONDS=N, or with ATTACH=y of the machine of `make debug`
  record, replay run APP so that it can be repeated, and repeat it; GDB=y waits for gdb, which
                 can also step backwards (docs/build.md)
  disk           make DISK_IMG, a FAT32 disk of DISK_SIZE with what is in DISK_FROM; no root
  user, fs, net_server, net_client, net_emu   examples by their first names (docs/examples.md);
                 with _debug behind it waits for gdb
  test           the whole test suite on three processors; soak: the target suites 20 times;
                 with LONG=y the hard tests of network and disks in their long forms (hours)
  conformance    the Open POSIX Test Suite in one image (tests/README.md)
  unit           the unit tests alone; UNIT="fdt heap" some of them
  check          format, folder dependencies, headers, static analysis
  format         give the C files the format that check wants
  bench          the figures; CHECK=y fails for one that is not met, COLD=y measures a first build,
                 ROW="hello_bytes getppid" measures some
  bench-linux    only the small Linux some of them are compared with (ARCH= one of them)
  latency        how late threads wake: text and a picture in O (examples/latency)
  size           what takes how much of the image
  dependencies   fetch and build the libraries the image needs
  docs           make the documents that come from tables, and the reference of the API; the
                 latter alone: reference (needs doxygen)
  clean          remove everything that was built, except the dependencies
  doctor         look for what this computer lacks, and say how to get it
  help           this text

Variables (default first, or in brackets)
  ARCH           $(ARCHES)
  MACHINE        qemu $(filter-out qemu,$(MACHINES)) (virt means qemu)
  APP            [hello_world] an example or the path of a folder with C or C++ files
  APP_BIN        the program, where the application has several
  LOG            info off error warn debug trace
  PROFILE        release debug watch
  BUS            mmio pci: where the virtio devices are (q35 and pc: pci)
  TERMINAL       n y: a shell beside the program (docs/terminal.md)
  VIRTIO_CONSOLE n y: input and output by a virtio console instead of the serial line
  FS             n y: a FAT file system on the disk DISK_IMG, at /fatfs
  FILES          n y: with TERMINAL=y its commands on files, in memory if there is no disk
  EXFAT          n y: with FS=y, disks with exFAT, too
  DEVICES        all: drivers of every bus, disk and card, not only those of BUS, DISK and NIC
  NET            n y tap pair: a network card, 10.0.0.2; y and pair (two images) need no root, tap
                 wants `make tap_setup`
  NIC            $(NICS): which card; PAIR [pair] names a pair of NET=pair
  RECOVER        n y: unwind tables and the unwinder in the image
  SYMS           n y: names of functions in the image, for crash screens without the runner
  ZONES          n y: without a meaning yet
  PORTS          ports that lead to the program: 8080:80,5555:5555/udp
  SHELL_PASSWORD the terminal over TCP, too, at port 23 (NET=y TERMINAL=y): docs/terminal.md
  NET_DUMP       a file that gets all frames (tcpdump -r); TAP_IF [tap0]
  K, R           bytes and rounds of net_tcp_bench
  DISK           $(DISKS): how the disk is attached
  DISK_IMG, DISK_SIZE, DISK_FROM   [disk.img], [360M], a folder for `make disk`
  SMP, MEM       [1] CPUs, [128M] memory
  ARGS, APPENV   arguments of main, environment of the program: ARGS="a 'b c'" APPENV="A=b"
  BOOTARGS       words for the kernel: log.mem=debug
  QEMU_MACHINE, QEMU_CPU, QEMU_ARGS   q35, virt,gic-version=3 and the like; more options
  KVM            false true: use KVM, after a probe
  CROSS_COMPILE  prefix of the tools
  O              [build] folder for everything that is built
  V              1 shows the commands

Examples: $(EXAMPLES)
endef

help:
	$(info $(HELP))
	@:

doctor:
	@./uni doctor

clean:
	$(Q)rm -rf $(foreach a,$(ARCHES),$(O)/$(a)-*) $(O)/gen $(O)/compile_commands.*
