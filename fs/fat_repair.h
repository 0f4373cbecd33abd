/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>

struct block_device;

/*
 * Put right what a volume that was not unmounted needs. False: it may only be read. What is no FAT
 * volume is left alone. Thread; it is not mounted.
 */
bool fat_repair(struct block_device *device);
