# SPDX-License-Identifier: BSD-2-Clause
# The program of fs_demo.
FS = y
SRCS = ../fs_demo/main.c
