# SPDX-License-Identifier: BSD-2-Clause
# Programs that run on a disk while something is done to it: each file is one. See README.md.
FS = y
BINS = ops cut mounts
