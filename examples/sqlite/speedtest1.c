/* SPDX-License-Identifier: BSD-2-Clause */
/* The speed test of the package, as it is there. */
#include <test/speedtest1.c>
