# SPDX-License-Identifier: BSD-2-Clause
# tests/programs/copy.c with the console and the buses of virtio.
VIRTIO_CONSOLE = y
