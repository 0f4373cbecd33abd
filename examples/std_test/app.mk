# SPDX-License-Identifier: BSD-2-Clause
# The same table of tests as no_std_test, by POSIX.
SRCS = ../no_std_test/main.c ../no_std_test/table.c ../no_std_test/memory.c
INCLUDES = ../no_std_test
DEFINES = _GNU_SOURCE
