/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers: one generator, seeded once and stirred. Also the stack protector's guard. */
#include <base/random.h>

#include <arch/cpu.h>
#include <kernel/boot.h>
#include <kernel/log.h>
#include <kernel/random.h>
#include <kernel/spinlock.h>

LOG_MODULE(random);

#define HARDWARE_WORDS 4

static struct random generator;
static uint32_t generator_version; /* counts its changes */
static struct spinlock random_lock;

uintptr_t __stack_chk_guard = 0x00000aff0a0dff00; /* until random_init() */

/*
 * Changes the guard, so neither this function nor its callers up to kmain() may have one of their
 * own.
 */
__attribute__((no_stack_protector)) void random_init(void)
{
	uint64_t words[HARDWARE_WORDS] = {0};
	bool hardware = false;
	uintptr_t guard;

	/* Together, because each mixing costs a whole block of the generator. */
	for (unsigned i = 0; i < HARDWARE_WORDS; i++)
		hardware |= arch_random(&words[i]);
	words[0] ^= arch_counter_read();
	random_mix(&generator, words, sizeof(words));
	random_mix(&generator, boot_info.seed, boot_info.seed_size);
	if (!hardware && !boot_info.seed_size)
		log_warn("no source of randomness but timing");
	random_bytes(&generator, &guard, sizeof(guard));
	__stack_chk_guard = guard & ~0xffUL; /* a zero byte stops runaway strings */
}

static uint32_t borrow(struct random *copy)
{
	struct irq_state state = spinlock_lock(&random_lock);
	uint32_t version = generator_version;

	*copy = generator;
	spinlock_unlock(&random_lock, state);
	return version;
}

/* False: another was faster, and what was made of the copy may not be used. */
static bool bring_back(const struct random *copy, uint32_t version)
{
	struct irq_state state = spinlock_lock(&random_lock);
	bool first = version == generator_version;

	if (first) {
		generator = *copy;
		generator_version++;
	}
	spinlock_unlock(&random_lock, state);
	return first;
}

static void forget(struct random *copy)
{
	*copy = (struct random){0};
	__asm__ volatile("" ::"r"(copy) : "memory");
}

/*
 * A block of the generator takes thousands of instructions: interrupts are on meanwhile, and who
 * comes second begins again.
 */
void random_get(void *buffer, size_t size)
{
	struct random copy;
	uint32_t version;

	do {
		version = borrow(&copy);
		random_bytes(&copy, buffer, size);
	} while (!bring_back(&copy, version));
	forget(&copy);
}

void random_stir(uint64_t event)
{
	struct random copy;
	uint32_t version;

	do {
		version = borrow(&copy);
		random_mix(&copy, &event, sizeof(event));
	} while (!bring_back(&copy, version));
	forget(&copy);
}
