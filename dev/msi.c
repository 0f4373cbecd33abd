/* SPDX-License-Identifier: BSD-2-Clause */
/* The one controller that takes messages, if the machine has one. */
#include <errno.h>

#include <dev/msi.h>

static const struct msi_ops *controller;

void msi_register(const struct msi_ops *ops)
{
	if (!controller)
		controller = ops;
}

int msi_alloc(uint32_t requester, struct msi_message *message)
{
	return controller ? controller->alloc(requester, message) : -ENODEV;
}

void msi_free(const struct msi_message *message)
{
	controller->free(message);
}
