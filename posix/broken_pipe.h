/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Before there is a pipe or a socket: writing to one without a reader raises SIGPIPE. */
void broken_pipe_link(void);
