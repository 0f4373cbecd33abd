/* SPDX-License-Identifier: BSD-2-Clause */
/* The network devices of the machine, in the order in which they were found. */
#include <errno.h>

#include <base/fmt.h>
#include <dev/net.h>

static struct net_device *devices[NET_DEVICES_MAX];
static unsigned count;

int net_register(struct net_device *device)
{
	if (count == NET_DEVICES_MAX)
		return -ENOSPC;
	fmt_string(device->name, sizeof(device->name), "eth%u", count);
	devices[count++] = device;
	return 0;
}

struct net_device *net_device_at(unsigned index)
{
	return index < count ? devices[index] : NULL;
}
