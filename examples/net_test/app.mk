# SPDX-License-Identifier: BSD-2-Clause
# Programs for the other side, which are built with plain gcc; here they are a test of POSIX, too.
BINS = socket_client socket_server
NET = y
