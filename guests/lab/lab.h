/*
 * Janus lab: a bare-metal guest that tries a pseries partition from inside.
 *
 * Two images are made from these sources. The big-endian one is entered first; the little-endian
 * one lies inside it and is entered after H_SET_MODE. What both need is compiled twice.
 *
 * "Book III" is that of the Power ISA 3.0B, "PAPR" the Linux on Power Architecture Reference;
 * chapters are named, since their numbers change from edition to edition.
 */
#ifndef LAB_H
#define LAB_H

/* Physical addresses. Vectors lie from 0x100 to 0x1fff (Book III, Interrupt Definitions). */
#define RECORD_ADDRESS 0x4000 /* struct interrupt_record, in the order of whoever wrote it */
#define BIG_BASE 0x10000
#define LITTLE_BASE 0x13000
#define STACK_TOP 0x20000

/* The little-endian image begins with these two. */
#define LITTLE_ENTRY (LITTLE_BASE + 0x00)
#define LITTLE_VECTOR_STUB (LITTLE_BASE + 0x20)

/* Size of what start.S keeps of an interrupted program, struct frame below. */
#define FRAME_SIZE 168

#ifdef __LITTLE_ENDIAN__
#define OUR_MSR_LE 1
#define ORDER "little-endian"
#else
#define OUR_MSR_LE 0
#define ORDER "big-endian"
#endif

#ifndef __ASSEMBLER__

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef int s32;
typedef long s64;

/* Machine State Register (Book III, Branch Facility). */
#define MSR_SF (1UL << 63)
#define MSR_EE (1UL << 15)
#define MSR_PR (1UL << 14)
#define MSR_ME (1UL << 12)
#define MSR_IR (1UL << 5)
#define MSR_DR (1UL << 4)
#define MSR_LE (1UL << 0)

/* Interrupt vectors, and the causes of a program interrupt in SRR1 (Book III, Interrupt
 * Definitions). */
#define VECTOR_PROGRAM 0x700
#define VECTOR_FP_UNAVAILABLE 0x800
#define VECTOR_DECREMENTER 0x900
#define VECTOR_SYSTEM_CALL 0xc00
#define SRR1_ILLEGAL (1UL << 19)
#define SRR1_PRIVILEGED (1UL << 18)
#define SRR1_TRAP (1UL << 17)
#define SRR1_CAUSES (SRR1_ILLEGAL | SRR1_PRIVILEGED | SRR1_TRAP)

/* Hypercalls and what they return (PAPR, Hypervisor Call Functions). */
#define H_GET_TERM_CHAR 0x54
#define H_PUT_TERM_CHAR 0x58
#define H_CEDE 0xe0
#define H_SET_MODE 0x31c
#define H_RTAS_PRIVATE 0xf000
#define H_SUCCESS 0
#define H_BUSY 1
#define H_FUNCTION (-2)
#define H_PARAMETER (-4)
#define H_P2 (-55)
#define H_P3 (-56)
#define H_P4 (-57)
#define H_UNSUPPORTED_FLAG (-256)

/* Resources of H_SET_MODE (PAPR, H_SET_MODE). */
#define RESOURCE_CIABR 1
#define RESOURCE_DAWR0 2
#define RESOURCE_ADDR_TRANS 3
#define RESOURCE_LE 4
#define RESOURCE_DAWR1 5

/* What start.S keeps of the interrupted program. */
struct frame {
    u64 gpr[13];
    u64 lr, ctr, xer, cr;
    u64 vector, msr, srr0, srr1;
};
_Static_assert(sizeof(struct frame) == FRAME_SIZE, "start.S and struct frame disagree");

/* The last interrupt, as its handler saw it. */
struct interrupt_record {
    u64 count, vector, msr, srr0, srr1;
};
#define last_interrupt (*(volatile struct interrupt_record *)RECORD_ADDRESS)

/* How many checks went well, and how many did not. */
struct tally {
    u32 passed, failed;
};

/* start.S */
void install_vectors(const void *stub);
extern const u8 vector_stub[];
u64 enter_little_endian(u64 action, u64 tally);
void leave_little_endian(u64 tally) __attribute__((noreturn));
void call_rtas(u32 *block, u64 base, u64 entry);

/* console.c */
#define VTY_UNIT 0x71000000 /* unit address of the first terminal, /vdevice/vty@71000000 */
extern struct tally tally;
void print(const char *text);
void print_hex(u64 value);
void print_decimal(s64 value);
void check(const char *name, int holds);
void check_equal(const char *name, s64 got, s64 wanted);
void skip(const char *name, const char *reason);
u64 pack_tally(void);
void unpack_tally(u64 packed);

/* checks.c */
void check_hypercalls(void);
void check_set_mode(void);
void check_interrupts(void);
void give_up(void) __attribute__((noreturn));

/* What enter_little_endian does there. */
#define ACTION_SYSTEM_CALL 0
#define ACTION_CHECKS 1

/* A hypercall with four arguments; `out` receives R4 to R6 (PAPR, Hypervisor Call Conventions). */
static inline s64 hcall_out(u64 opcode, u64 a, u64 b, u64 c, u64 d, u64 out[3]) {
    register u64 r3 __asm__("r3") = opcode;
    register u64 r4 __asm__("r4") = a;
    register u64 r5 __asm__("r5") = b;
    register u64 r6 __asm__("r6") = c;
    register u64 r7 __asm__("r7") = d;
    __asm__ volatile("sc 1"
                     : "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
                     :
                     : "r0", "r8", "r9", "r10", "r11", "r12", "lr", "ctr", "xer", "cr0", "cr1",
                       "cr5", "cr6", "cr7", "memory");
    out[0] = r4;
    out[1] = r5;
    out[2] = r6;
    return (s64)r3;
}

static inline s64 hcall(u64 opcode, u64 a, u64 b, u64 c, u64 d) {
    u64 out[3];
    return hcall_out(opcode, a, b, c, d, out);
}

static inline u64 timebase(void) {
    u64 value;
    __asm__ volatile("mftb %0" : "=r"(value));
    return value;
}

static inline void set_decrementer(u32 ticks) {
    __asm__ volatile("mtdec %0" : : "r"((u64)ticks));
}

static inline u64 msr(void) {
    u64 value;
    __asm__ volatile("mfmsr %0" : "=r"(value));
    return value;
}

/* MSR[EE] alone (Book III, mtmsrd with L = 1). */
static inline void set_external_interrupts(int on) {
    __asm__ volatile("mtmsrd %0, 1" : : "r"(on ? MSR_EE : 0) : "memory");
}

static inline void system_call(void) {
    __asm__ volatile("sc" : : : "memory");
}

#endif
#endif
