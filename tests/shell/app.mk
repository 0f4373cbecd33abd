# SPDX-License-Identifier: BSD-2-Clause
# The terminal with all its commands, for tests/integration/shell.py.
TERMINAL = y
FS = y
NET = y
SRCS = ../../examples/terminal/main.c
