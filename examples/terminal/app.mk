# SPDX-License-Identifier: BSD-2-Clause
TERMINAL = y
FILES = y
