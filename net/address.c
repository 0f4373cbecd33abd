/* SPDX-License-Identifier: BSD-2-Clause */
#include "address.h"

#include <base/cmdline.h>
#include <base/str.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <mem/heap.h>

LOG_MODULE(net);

/* The field up to the next colon or the end; false: too long for an address. */
static bool field(const char **text, char *to, size_t size)
{
	size_t length = 0;

	while (**text && **text != ':') {
		if (length + 1 < size)
			to[length] = **text;
		length++;
		(*text)++;
	}
	if (**text)
		(*text)++;
	to[length < size ? length : size - 1] = '\0';
	return length < size;
}

static bool number_field(const char **text, ip4_addr_t *address)
{
	char word[16];

	if (!field(text, word, sizeof(word)))
		return false;
	return !word[0] || ip4addr_aton(word, address);
}

static bool how_field(const char *word, struct address *address)
{
	address->ask = str_equal(word, "dhcp") || str_equal(word, "on") || str_equal(word, "any");
	address->none = !address->own.addr && (str_equal(word, "none") || str_equal(word, "off"));
	return address->ask || !word[0] || str_equal(word, "none") || str_equal(word, "off");
}

bool address_parse(const char *text, struct address *address)
{
	ip4_addr_t unused;
	char word[16];

	*address = (struct address){0};
	if (!str_find_char(text, ':') && how_field(text, address))
		return text[0];
	if (!number_field(&text, &address->own) || !number_field(&text, &unused) ||
	    !number_field(&text, &address->gateway) || !number_field(&text, &address->mask))
		return false;
	field(&text, word, sizeof(word)); /* host */
	field(&text, word, sizeof(word)); /* device */
	if (!field(&text, word, sizeof(word)) || !how_field(word, address))
		return false;
	/* By the class of the address, as it was once. */
	if (!address->mask.addr) {
		uint8_t first = ip4_addr1(&address->own);

		IP4_ADDR(&address->mask, 255, first < 128 ? 0 : 255, first < 192 ? 0 : 255, 0);
	}
	if (!address->own.addr && !address->none)
		address->ask = true;
	return ip4_addr_netmask_valid(address->mask.addr);
}

void address_of_boot_line(struct address *address)
{
	size_t size = str_length(boot_info.line) + 1;
	char *text = heap_alloc(size);
	struct cmdline line;
	struct cmdline_word word;
	struct address said;

	*address = (struct address){0};
	IP4_ADDR(&address->own, 10, 0, 0, 2);
	IP4_ADDR(&address->mask, 255, 255, 255, 0);
	IP4_ADDR(&address->gateway, 10, 0, 0, 1);
	if (!text)
		return;
	cmdline_open(&line, boot_info.line, text, size);
	while (cmdline_next(&line, &word) > 0)
		if (word.kind == CMDLINE_OPTION && str_equal(word.key, "ip") && word.value) {
			if (address_parse(word.value, &said))
				*address = said;
			else
				log_error("ip=%s is no address: 10.0.0.2 it is", word.value);
		}
	heap_free(text);
}
