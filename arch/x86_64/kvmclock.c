/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSC's rate under KVM, which tells how to make nanoseconds of it [Linux
 * Documentation/virt/kvm/x86/msr.rst, cpuid.rst]. Only asked for once: the page is the host's no
 * longer than this function runs.
 */
#include <impl/insn.h>
#include <mem/linear.h>

#include "cpu_arch.h"

#define KVM_LEAF	   0x40000000
#define KVM_SIGNATURE	   0x4b4d564b /* "KVMK" */
#define KVM_FEATURE_CLOCK2 (1 << 3)
#define MSR_SYSTEM_TIME	   0x4b564d01

struct time_info {
	uint32_t version; /* odd while the host writes */
	uint32_t pad0;
	uint64_t tsc_timestamp;
	uint64_t system_time;
	uint32_t tsc_to_system_mul; /* ns = (ticks << shift) * mul >> 32 */
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad[2];
};

uint64_t kvm_counter_rate(void)
{
	struct time_info info __attribute__((aligned(64))) = {0};
	volatile struct time_info *shared = &info;
	uint64_t rate;

	if (!(insn_cpuid(1, 0).ecx >> 31) || insn_cpuid(KVM_LEAF, 0).ebx != KVM_SIGNATURE ||
	    !(insn_cpuid(KVM_LEAF + 1, 0).eax & KVM_FEATURE_CLOCK2))
		return 0;
	insn_msr_write(MSR_SYSTEM_TIME, linear_physical_of(&info) | 1);
	while (shared->version & 1)
		;
	rate = shared->tsc_to_system_mul ? (1000000000UL << 32) / shared->tsc_to_system_mul : 0;
	rate = shared->tsc_shift < 0 ? rate << -shared->tsc_shift : rate >> shared->tsc_shift;
	insn_msr_write(MSR_SYSTEM_TIME, 0);
	return rate;
}
