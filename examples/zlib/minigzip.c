/* SPDX-License-Identifier: BSD-2-Clause */
/* The small gzip of the package, as it is there. */
#include <test/minigzip.c>
