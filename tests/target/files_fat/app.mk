# SPDX-License-Identifier: BSD-2-Clause
# The suites of ../files on a disk.
FS = y
SRCS = $(patsubst tests/target/files/%,../files/%,$(wildcard tests/target/files/*.c))
INCLUDES = ../files
ROOTFS = ../files/rootfs
DEFINES = TEST_FOLDER='"/fatfs/test"'
