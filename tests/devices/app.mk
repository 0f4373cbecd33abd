# SPDX-License-Identifier: BSD-2-Clause
# tests/programs/copy.c with the drivers of disks and buses.
FS = y
