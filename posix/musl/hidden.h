/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before every file of the C library. An image is linked from all its parts at once, so
 * no symbol can be replaced later: with declarations hidden too (-fvisibility=hidden speaks of
 * definitions only), variables are reached directly instead of through a table that would have to
 * be relocated at boot.
 */
#pragma GCC visibility push(hidden)
