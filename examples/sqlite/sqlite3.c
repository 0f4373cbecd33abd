/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of the package, as it is there. */
#include <shell.c>
