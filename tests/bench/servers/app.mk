# SPDX-License-Identifier: BSD-2-Clause
NET = y
CFLAGS = -O2
