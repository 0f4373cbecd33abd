/* SPDX-License-Identifier: BSD-2-Clause */
/* A mistake as they are made: nobody asks whether the account was found. */
#include <stdio.h>
#include <string.h>

struct account {
	char name[16];
	long balance;
};

static struct account accounts[] = {{"anna", 10}, {"ben", 20}};

static struct account *find(const char *name)
{
	for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++)
		if (!strcmp(accounts[i].name, name))
			return &accounts[i];
	return NULL;
}

__attribute__((noinline)) static void deposit(const char *name, long balance)
{
	struct account *account = find(name);

	account->balance = balance;
	printf("%s has %ld\n", name, account->balance);
}

int main(int argc, char **argv)
{
	deposit("anna", 30);
	deposit(argc > 1 ? argv[1] : "carla", 40);
	return 0;
}
