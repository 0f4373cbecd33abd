/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of the application that a device reads or writes: while they are pinned their frames stay
 * theirs. Who unmaps, discards or moves them waits for the end of the pin, which therefore must not
 * wait for anything but the device. Thread context, no spinlock held.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <base/list.h>

struct vm_pin {
	struct list node;
	uintptr_t start, end; /* pages */
};

/*
 * Pin the pages of [address, address + size), filling them where they are not, up to the first that
 * is not anonymous memory or the image's, or lacks a right of `access` (PAGE_READ, PAGE_WRITE).
 * Returns how many, with their frames; 0: none, and there is nothing to unpin.
 */
size_t vm_pin(struct vm_pin *pin, uintptr_t address, size_t size, unsigned access,
	      uint64_t *frames);
void vm_unpin(struct vm_pin *pin);
