/* The big-endian image's own part: entry, RTAS, and the crossing into the other order. */
#include "tree.h"

#define H_SET_MODE_BIG 0
#define H_SET_MODE_LITTLE 1
#define RTAS_PARAMETER_ERROR (-3)
#define UNKNOWN_TOKEN 0x7fff

/* QEMU's numbers, for a platform that hands over no tree: RTAS without linux,rtas-entry. */
#define QEMU_TIME_OF_DAY 0x2001
#define QEMU_POWER_OFF 0x2003

static struct platform platform = {
    .model = "unknown",
    .power_off = QEMU_POWER_OFF,
    .time_of_day = QEMU_TIME_OF_DAY,
};

/* RTAS takes one block: token, counts, arguments, returned values (PAPR, RTAS Argument Call
 * Buffer). */
static s32 rtas(u32 *block, u32 token, u32 arguments, u32 results) {
    block[0] = token;
    block[1] = arguments;
    block[2] = results;
    block[3 + arguments] = (u32)-1;
    if (platform.rtas_entry != 0) {
        call_rtas(block, platform.rtas_base, platform.rtas_entry);
    } else {
        hcall(H_RTAS_PRIVATE, (u64)block, 0, 0, 0);
    }
    return (s32)block[3 + arguments];
}

static void power_off(void) __attribute__((noreturn));
static void power_off(void) {
    u32 block[6] = {0, 0, 0, (u32)-1, (u32)-1}; /* no event may turn the platform on again */
    rtas(block, platform.power_off, 2, 1);
    print("# RTAS power-off did not: idle for ever\r\n");
    for (;;) hcall(H_CEDE, 0, 0, 0, 0);
}

static void finish(void) __attribute__((noreturn));
static void finish(void) {
    print("LAB DONE: ");
    print_decimal(tally.passed);
    print(" passed, ");
    print_decimal(tally.failed);
    print(" failed\r\n");
    power_off();
}

void give_up(void) {
    finish();
}

static void check_entry(const u8 *tree, u64 open_firmware, u64 loaded_at, u64 entry_msr) {
    print("# loaded at ");
    print_hex(loaded_at);
    print(", MSR ");
    print_hex(entry_msr);
    print("\r\n");
    if (open_firmware != 0) {
        skip("device tree in R3", "entered with an Open Firmware client interface");
        return;
    }
    u64 looked_at = MSR_SF | MSR_EE | MSR_PR | MSR_ME | MSR_IR | MSR_DR | MSR_LE;
    check("MSR at entry is 64-bit, big-endian, untranslated, without external interrupts",
          (entry_msr & looked_at) == (MSR_SF | MSR_ME));
    check("R3 at entry is a device tree", read_tree(tree, &platform));
    print("# model: ");
    print(platform.model);
    print("\r\n# memory: ");
    print_decimal(platform.memory >> 20);
    print(" MiB\r\n");
    check("/memory has the place where we were loaded", platform.memory > loaded_at);
}

static void check_rtas(void) {
    u32 block[12];
    check_equal("RTAS answers -3 to an unknown token", rtas(block, UNKNOWN_TOKEN, 0, 1),
                RTAS_PARAMETER_ERROR);
    check_equal("RTAS get-time-of-day", rtas(block, platform.time_of_day, 0, 8), 0);
    u32 year = block[4], month = block[5], day = block[6];
    print("# date: ");
    print_decimal(year);
    print("-");
    print_decimal(month);
    print("-");
    print_decimal(day);
    print("\r\n");
    check("RTAS tells a date", year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31);
}

/* Whether one more interrupt was handled in big-endian, or in little-endian, order. A handler of
 * the other order leaves the record in that order. */
static int was_handled(u64 count, int little) {
    u64 now = last_interrupt.count;
    u64 vector = last_interrupt.vector;
    u64 seen = last_interrupt.msr;
    if (little) {
        now = __builtin_bswap64(now);
        vector = __builtin_bswap64(vector);
        seen = __builtin_bswap64(seen);
    }
    return now == count && vector == VECTOR_SYSTEM_CALL && (seen & MSR_LE) == (u64)little;
}

static void run_little_endian(u64 action) {
    unpack_tally(enter_little_endian(action, pack_tally()));
}

static void check_crossing(void) {
    u64 count = last_interrupt.count;
    run_little_endian(ACTION_SYSTEM_CALL);
    check("LPCR[ILE] off: an interrupt of little-endian code arrives big-endian",
          was_handled(count + 1, 0));
    check("SRR1 keeps MSR[LE] of the interrupted code", last_interrupt.srr1 & MSR_LE);

    install_vectors((const void *)LITTLE_VECTOR_STUB);
    last_interrupt.count = 0;
    s64 answer = hcall(H_SET_MODE, H_SET_MODE_LITTLE, RESOURCE_LE, 0, 0);
    check_equal("H_SET_MODE: LE on", answer, H_SUCCESS);
    if (answer != H_SUCCESS) finish();
    check("H_SET_MODE leaves the caller's MSR[LE] alone", !(msr() & MSR_LE));
    system_call();
    check("LPCR[ILE] on: an interrupt of big-endian code arrives little-endian",
          was_handled(1, 1));
    run_little_endian(ACTION_CHECKS);

    install_vectors(vector_stub);
    last_interrupt.count = 0;
    check_equal("H_SET_MODE: LE off", hcall(H_SET_MODE, H_SET_MODE_BIG, RESOURCE_LE, 0, 0),
                H_SUCCESS);
    system_call();
    check("LPCR[ILE] off again: interrupts arrive big-endian", was_handled(1, 0));
}

/* Called from start.S, with what was in R3 to R5 at entry. */
void big_main(const u8 *tree, u64 kernel, u64 open_firmware, u64 entry_msr, u64 loaded_at) {
    (void)kernel;
    print("\r\nJanus lab: a pseries partition, tried from inside\r\n");
    last_interrupt.count = 0;
    install_vectors(vector_stub);
    check_entry(tree, open_firmware, loaded_at, entry_msr);
    check_hypercalls();
    check_set_mode();
    check_interrupts();
    check_rtas();
    check_crossing();
    finish();
}
