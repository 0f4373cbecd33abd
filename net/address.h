/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot word ip=, as Linux has it: ip=OWN:SERVER:GATEWAY:MASK:HOST:DEVICE:HOW:DNS:DNS. */
#pragma once

#include <stdbool.h>

#include <lwip/ip4_addr.h>

struct address {
	ip4_addr_t own, mask, gateway;
	bool ask;  /* by DHCP */
	bool none; /* no address at all */
};

/* What the line says; without the word 10.0.0.2/24 by way of 10.0.0.1. */
void address_of_boot_line(struct address *address);

/* The word's value. False: it is not one. */
bool address_parse(const char *text, struct address *address);
