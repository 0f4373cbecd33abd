/* SPDX-License-Identifier: BSD-2-Clause */
/* The program of the package, as it is there. */
#include <../apps/lwiperf/lwiperf.c>
