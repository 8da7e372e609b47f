/* What both images check, each in its own byte order. */
#include "lab.h"

#define NO_UNIT 0x7abcdef0

struct unknown_hypercall {
    u64 opcode;
    const char *name;
};

/* Numbers that PAPR gives to nobody. */
static const struct unknown_hypercall UNKNOWN[] = {
    {0x2, "hypercall 0x2, no multiple of 4, answers H_FUNCTION"},
    {0x7ffc, "hypercall 0x7ffc answers H_FUNCTION"},
    {-4UL, "hypercall -4 answers H_FUNCTION"},
    {1UL << 32 | H_PUT_TERM_CHAR, "hypercall 2^32 + H_PUT_TERM_CHAR answers H_FUNCTION"},
};

#define IDLE_TICKS 512000     /* 1 ms at the 512 MHz of a pseries timebase */
#define PATIENCE 2048000000UL /* 4 s */
#define FAR_AWAY 0x7fffffff

void check_hypercalls(void) {
    u64 out[3];
    for (u64 i = 0; i < sizeof UNKNOWN / sizeof *UNKNOWN; i++) {
        check_equal(UNKNOWN[i].name, hcall(UNKNOWN[i].opcode, VTY_UNIT, 0, 0, 0), H_FUNCTION);
    }
    check_equal("H_PUT_TERM_CHAR of 0 characters", hcall(H_PUT_TERM_CHAR, VTY_UNIT, 0, 0, 0),
                H_SUCCESS);
    check_equal("H_PUT_TERM_CHAR of 17 characters answers H_PARAMETER",
                hcall(H_PUT_TERM_CHAR, VTY_UNIT, 17, 0, 0), H_PARAMETER);
    check_equal("H_PUT_TERM_CHAR with a length of 2^32 + 1 answers H_PARAMETER",
                hcall(H_PUT_TERM_CHAR, VTY_UNIT, 0x100000001, 0, 0), H_PARAMETER);
    check_equal("H_PUT_TERM_CHAR to no terminal answers H_PARAMETER",
                hcall(H_PUT_TERM_CHAR, NO_UNIT, 1, 0, 0), H_PARAMETER);
    check_equal("H_GET_TERM_CHAR from no terminal answers H_PARAMETER",
                hcall(H_GET_TERM_CHAR, NO_UNIT, 0, 0, 0), H_PARAMETER);
    check_equal("H_GET_TERM_CHAR", hcall_out(H_GET_TERM_CHAR, VTY_UNIT, 0, 0, 0, out), H_SUCCESS);
    check("H_GET_TERM_CHAR brings at most 16 characters", out[0] <= 16);
}

struct mode_row {
    u8 mflags, resource, value1, value2;
    short wanted;
    const char *name;
};

#define ROW(mflags, resource, value1, value2, wanted, name) \
    {mflags, resource, value1, value2, wanted, "H_SET_MODE: " name " answers " #wanted}

/* PAPR, H_SET_MODE: which argument is looked at first decides the answer. */
static const struct mode_row ROWS[] = {
    ROW(0, 0, 0, 0, H_P2, "resource 0"),
    ROW(0, 99, 0, 0, H_P2, "resource 99"),
    ROW(7, 99, 1, 1, H_P2, "resource 99 with all else wrong"),

    ROW(0, RESOURCE_CIABR, 0, 0, H_SUCCESS, "CIABR 0"),
    ROW(1, RESOURCE_CIABR, 0, 0, H_UNSUPPORTED_FLAG, "CIABR with flags"),
    ROW(1, RESOURCE_CIABR, 3, 1, H_UNSUPPORTED_FLAG, "CIABR with all wrong"),
    ROW(0, RESOURCE_CIABR, 0, 1, H_P4, "CIABR with a second value"),
    ROW(0, RESOURCE_CIABR, 3, 1, H_P4, "CIABR with both values wrong"),
    ROW(0, RESOURCE_CIABR, 3, 0, H_P3, "CIABR for hypervisor state"),

    ROW(0, RESOURCE_DAWR0, 0, 0, H_SUCCESS, "DAWR0 off"),
    ROW(1, RESOURCE_DAWR0, 0, 0, H_UNSUPPORTED_FLAG, "DAWR0 with flags"),
    ROW(1, RESOURCE_DAWR0, 0, 4, H_UNSUPPORTED_FLAG, "DAWR0 with all wrong"),
    ROW(0, RESOURCE_DAWR0, 0, 4, H_P4, "DAWR0 for hypervisor state"),

    ROW(0, RESOURCE_DAWR1, 0, 0, H_SUCCESS, "DAWR1 off"),
    ROW(1, RESOURCE_DAWR1, 0, 4, H_UNSUPPORTED_FLAG, "DAWR1 with all wrong"),
    ROW(0, RESOURCE_DAWR1, 0, 4, H_P4, "DAWR1 for hypervisor state"),

    ROW(3, RESOURCE_ADDR_TRANS, 1, 0, H_P3, "AIL with a first value"),
    ROW(3, RESOURCE_ADDR_TRANS, 0, 1, H_P4, "AIL with a second value"),
    ROW(7, RESOURCE_ADDR_TRANS, 1, 1, H_P3, "AIL with all wrong"),
    ROW(1, RESOURCE_ADDR_TRANS, 0, 0, H_UNSUPPORTED_FLAG, "AIL 1"),
    ROW(2, RESOURCE_ADDR_TRANS, 0, 0, H_UNSUPPORTED_FLAG, "AIL 2"),
    ROW(4, RESOURCE_ADDR_TRANS, 0, 0, H_UNSUPPORTED_FLAG, "AIL 4"),
    ROW(0, RESOURCE_ADDR_TRANS, 0, 0, H_SUCCESS, "AIL 0"),

    ROW(!OUR_MSR_LE, RESOURCE_LE, 1, 0, H_P3, "LE with a first value"),
    ROW(!OUR_MSR_LE, RESOURCE_LE, 0, 1, H_P4, "LE with a second value"),
    ROW(7, RESOURCE_LE, 1, 1, H_P3, "LE with all wrong"),
    ROW(2, RESOURCE_LE, 0, 0, H_UNSUPPORTED_FLAG, "LE 2"),
    ROW(OUR_MSR_LE, RESOURCE_LE, 0, 0, H_SUCCESS, "LE as it is"),
};

/* A platform may be without these. The first row of each changes nothing and finds out. */
static int is_optional(u8 resource) {
    return resource == RESOURCE_CIABR || resource == RESOURCE_DAWR0 || resource == RESOURCE_DAWR1;
}

void check_set_mode(void) {
    u8 missing = 0;
    for (u64 i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        const struct mode_row *row = &ROWS[i];
        s64 got = hcall(H_SET_MODE, row->mflags, row->resource, row->value1, row->value2);
        if (is_optional(row->resource) && row->wanted == H_SUCCESS && got == H_P2) {
            missing = row->resource;
            skip(row->name, "no such resource here");
        }
        if (row->resource != missing || missing == 0) check_equal(row->name, got, row->wanted);
    }
}

/* One interrupt more, at `vector`, taken and left in our byte order. */
static void check_last(const char *name, u64 vector, u64 count) {
    int came = last_interrupt.count == count + 1 && last_interrupt.vector == vector;
    u64 taken_in = last_interrupt.msr & MSR_LE;
    u64 left_in = last_interrupt.srr1 & MSR_LE;
    check(name, came && taken_in == OUR_MSR_LE && left_in == OUR_MSR_LE);
}

static void check_synchronous(void) {
    u64 count = last_interrupt.count;
    u64 there;

    __asm__ volatile("bcl 20, 31, 1f\n1: mflr %0\n sc" : "=r"(there) : : "lr", "memory");
    check_last("system call interrupt", VECTOR_SYSTEM_CALL, count);
    check("SRR0 is behind the system call", last_interrupt.srr0 == there + 8);

    count = last_interrupt.count;
    __asm__ volatile("bcl 20, 31, 1f\n1: mflr %0\n trap" : "=r"(there) : : "lr", "memory");
    check_last("program interrupt for a trap", VECTOR_PROGRAM, count);
    check("SRR0 is the trap", last_interrupt.srr0 == there + 4);
    check("SRR1 says trap", (last_interrupt.srr1 & SRR1_CAUSES) == SRR1_TRAP);

    count = last_interrupt.count;
    __asm__ volatile(".long 0" : : : "memory");
    check_last("program interrupt for an illegal instruction", VECTOR_PROGRAM, count);
    check("SRR1 says illegal", (last_interrupt.srr1 & SRR1_CAUSES) == SRR1_ILLEGAL);

    count = last_interrupt.count;
    __asm__ volatile(".machine push\n.machine power8\n fmr 1, 1\n.machine pop" : : : "memory");
    check_last("floating-point unavailable interrupt", VECTOR_FP_UNAVAILABLE, count);
    check("an interrupt turns MSR[EE], [PR], [IR] and [DR] off and leaves [SF] on",
          (last_interrupt.msr & (MSR_SF | MSR_EE | MSR_PR | MSR_IR | MSR_DR)) == MSR_SF);

    /* LPCR[AIL] counts only where MSR[IR] and MSR[DR] are on (Book III, LPCR). */
    count = last_interrupt.count;
    s64 answer = hcall(H_SET_MODE, 3, RESOURCE_ADDR_TRANS, 0, 0);
    check_equal("H_SET_MODE: AIL 3 answers H_SUCCESS", answer, H_SUCCESS);
    system_call();
    check_last("AIL 3 does not move interrupts of real mode", VECTOR_SYSTEM_CALL, count);
    hcall(H_SET_MODE, 0, RESOURCE_ADDR_TRANS, 0, 0);
}

static void check_decrementer(void) {
    u64 count = last_interrupt.count;
    u64 start = timebase();
    set_decrementer(IDLE_TICKS);
    while ((s64)(timebase() - start) < 2 * IDLE_TICKS) {
    }
    check("the decrementer waits for MSR[EE]", last_interrupt.count == count);
    set_external_interrupts(1);
    while (last_interrupt.count == count && timebase() - start < PATIENCE) {
    }
    set_external_interrupts(0);
    check_last("decrementer interrupt", VECTOR_DECREMENTER, count);

    count = last_interrupt.count;
    start = timebase();
    set_decrementer(IDLE_TICKS);
    s64 answer = hcall(H_CEDE, 0, 0, 0, 0);
    u64 elapsed = timebase() - start;
    int enabled = (msr() & MSR_EE) != 0;
    set_external_interrupts(0);
    check_equal("H_CEDE", answer, H_SUCCESS);
    check_last("the decrementer ends H_CEDE", VECTOR_DECREMENTER, count);
    check("H_CEDE lasts as long as the decrementer was set to", elapsed >= IDLE_TICKS);
    check("H_CEDE turns MSR[EE] on", enabled && last_interrupt.srr1 & MSR_EE);
}

void check_interrupts(void) {
    set_decrementer(FAR_AWAY);
    check_synchronous();
    check_decrementer();
}

/* Called from start.S. */
void interrupt(struct frame *frame) {
    last_interrupt.count++;
    last_interrupt.vector = frame->vector;
    last_interrupt.msr = frame->msr;
    last_interrupt.srr0 = frame->srr0;
    last_interrupt.srr1 = frame->srr1;
    switch (frame->vector) {
        case VECTOR_SYSTEM_CALL:
            return;
        case VECTOR_PROGRAM:
        case VECTOR_FP_UNAVAILABLE:
            frame->srr0 += 4;
            return;
        case VECTOR_DECREMENTER:
            set_decrementer(FAR_AWAY);
            return;
        default:
            check("no interrupt without a cause", 0);
            print("# vector ");
            print_hex(frame->vector);
            print(" at ");
            print_hex(frame->srr0);
            print("\r\n");
            give_up();
    }
}
