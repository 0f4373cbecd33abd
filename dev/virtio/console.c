/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio console [virtio-1.2 5.3], its first port: with the boot word console=virtio it takes the
 * place of the serial line. QEMU drops output of this port when what reads it does not keep up; for
 * its other ports, which it holds back, MULTIPORT would have to be negotiated.
 */
#include <errno.h>
#include <string.h>

#include <base/compiler.h>
#include <dev/virtio.h>
#include <kernel/boot.h>
#include <kernel/console.h>
#include <kernel/spinlock.h>
#include <mem/frame.h>
#include <mem/linear.h>

#include <arch/cpu.h>
#include <arch/layout.h>

enum { INPUT, OUTPUT };

#define BUFFERS	    8
#define BUFFER_SIZE 256
#define OUTPUT_SIZE 2048

/* A device that takes no output: so many looks, and its bytes are dropped. */
#define LOOKS_MAX 100000000

struct shared {
	uint8_t input[BUFFERS][BUFFER_SIZE];
	uint8_t output[OUTPUT_SIZE];
};
STATIC_ASSERT(sizeof(struct shared) <= PAGE_SIZE);

/* There is one at most. */
static struct virtio_device *device;
static struct shared *shared;

/* Of the input queue; the output's is the console's. */
static struct spinlock input_lock;
static uint8_t *held; /* a buffer that could not be handed on as a whole */
static uint32_t held_at, held_end;

static struct virtqueue *ring_of(unsigned index)
{
	return &device->queues[index].ring;
}

static void write(struct console *console, const char *text, size_t length)
{
	struct virtqueue *ring = ring_of(OUTPUT);

	(void)console;
	while (length) {
		uint32_t now = length < OUTPUT_SIZE ? (uint32_t)length : OUTPUT_SIZE, written;
		struct virtqueue_piece piece = {linear_physical(shared->output), now};

		memcpy(shared->output, text, now);
		if (virtqueue_add(ring, &piece, 1, 0, shared->output))
			return;
		virtio_kick(device, OUTPUT);
		for (unsigned i = 0; !virtqueue_take(ring, &written); i++) {
			if (ring->broken || i == LOOKS_MAX)
				return;
			arch_cpu_relax();
		}
		text += now;
		length -= now;
	}
}

static void offer(uint8_t *buffer)
{
	struct virtqueue_piece piece = {linear_physical(buffer), BUFFER_SIZE};

	virtqueue_add(ring_of(INPUT), &piece, 0, 1, buffer);
}

/* Hand on what is there, as far as there is room. Lock held. */
static void hand_on(void)
{
	bool any = false;

	do {
		while (held || (held = virtqueue_take(ring_of(INPUT), &held_end))) {
			while (held_at < held_end && console_input_room())
				console_input(held[held_at++]);
			if (held_at < held_end)
				goto full;
			offer(held);
			held = NULL;
			held_at = 0;
			any = true;
		}
	} while (virtqueue_interrupts_on(ring_of(INPUT)));
full:
	if (any)
		virtio_kick(device, INPUT);
}

static void input_done(struct virtio_device *virtio, unsigned index)
{
	struct irq_state state;

	(void)virtio, (void)index;
	if (!console_sink)
		return;
	state = spinlock_lock(&input_lock);
	hand_on();
	spinlock_unlock(&input_lock, state);
}

static int start_input(struct console *console)
{
	struct irq_state state = spinlock_lock(&input_lock);

	(void)console;
	for (unsigned i = 0; i < BUFFERS; i++)
		offer(shared->input[i]);
	virtio_kick(device, INPUT);
	spinlock_unlock(&input_lock, state);
	return 0;
}

static void resume_input(struct console *console)
{
	(void)console;
	input_done(device, INPUT);
}

static struct console console = {
	.name = "virtio", .write = write, .start_input = start_input, .resume_input = resume_input};

static int open_queues(struct virtio_device *virtio)
{
	int error = virtio_negotiate(virtio, 0);

	if (!error)
		error = virtio_queue_open(virtio, INPUT, BUFFERS, input_done);
	if (!error)
		error = virtio_queue_open(virtio, OUTPUT, BUFFERS, NULL);
	return error;
}

static int probe(struct virtio_device *virtio)
{
	uint64_t frame;
	int error;

	if (device || !boot_word_is("console", "virtio"))
		return -ENODEV;
	frame = frame_alloc();
	error = frame ? open_queues(virtio) : -ENOMEM;
	if (error) {
		virtio_give_up(virtio);
		if (frame)
			frame_free(frame);
		return error;
	}
	shared = linear_address(frame);
	device = virtio;
	virtio_start(virtio);
	virtqueue_interrupts_off(ring_of(OUTPUT));
	console_replace(&console);
	if (boot_word_is("tty", "off"))
		console_write("\2", 1); /* as boot_check_line() did on the other one */
	return 0;
}

VIRTIO_DRIVER(VIRTIO_CONSOLE, console) = {"virtio-console", VIRTIO_ID_CONSOLE, probe};
