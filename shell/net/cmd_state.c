/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on the network's state: what /proc/net says, and what may be written there. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../shell.h"

#define USAGE_IFCONFIG "[DEVICE [up | down | dhcp | ADDRESS [netmask MASK]]]"

/* 0, or the status 1 after a message. */
static int tell(const char *command, const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	int failed;

	if (!file)
		return shell_fail(command, path);
	failed = fputs(text, file) < 0;
	failed |= fclose(file) != 0;
	return failed ? shell_fail(command, text) : 0;
}

static bool is_address(const char *text)
{
	struct in_addr address;

	return inet_pton(AF_INET, text, &address) == 1;
}

/* Of one device: from its line to the next one that is not indented. */
static int show_device(const char *name)
{
	FILE *file = fopen("/proc/net/dev", "re");
	size_t length = strlen(name);
	bool inside = false, found = false;
	char line[160];

	if (!file)
		return shell_fail("ifconfig", "/proc/net/dev");
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != ' ')
			inside = !strncmp(line, name, length) && line[length] == ':';
		if (inside)
			fputs(line, shell_out);
		found |= inside;
	}
	fclose(file);
	if (!found)
		shell_say("ifconfig: %s: there is no such device\n", name);
	return !found;
}

static int run_ifconfig(int argc, char **argv)
{
	bool word = argc == 3 && (!strcmp(argv[2], "up") || !strcmp(argv[2], "down") ||
				  !strcmp(argv[2], "dhcp"));
	char text[80];

	if (argc == 1)
		return shell_show("ifconfig", "net/dev");
	if (argc == 2)
		return show_device(argv[1]);
	if ((!word && !is_address(argv[2])) || argc == 4 ||
	    (argc == 5 && (strcmp(argv[3], "netmask") || !is_address(argv[4]))) ||
	    snprintf(text, sizeof(text), "%s %s%s%s", argv[1], argv[2], argc == 5 ? " " : "",
		     argc == 5 ? argv[4] : "") >= (int)sizeof(text)) {
		shell_say("usage: ifconfig " USAGE_IFCONFIG "\n");
		return 2;
	}
	return tell("ifconfig", "/proc/net/dev", text);
}
SHELL_COMMAND(ifconfig) = {
	"ifconfig", USAGE_IFCONFIG, "addresses of the network's devices", run_ifconfig, 0, 4};

static int run_route(int argc, char **argv)
{
	char text[80];

	if (argc == 1)
		return shell_show("route", "net/route");
	if (argc != 3 || strcmp(argv[1], "default") || !is_address(argv[2])) {
		shell_say("usage: route [default GATEWAY]\n");
		return 2;
	}
	snprintf(text, sizeof(text), "default %s", argv[2]);
	return tell("route", "/proc/net/route", text);
}
SHELL_COMMAND(route) = {
	"route", "[default GATEWAY]", "where packets go; 0.0.0.0: no gateway", run_route, 0, 2};

static int run_arp(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show("arp", "net/arp");
}
SHELL_COMMAND(arp) = {"arp", "", "neighbours' hardware addresses", run_arp, 0, 0};

static int run_netstat(int argc, char **argv)
{
	(void)argc, (void)argv;
	return shell_show("netstat", "net/sockets");
}
SHELL_COMMAND(netstat) = {"netstat", "", "sockets that listen or are connected", run_netstat, 0, 0};
