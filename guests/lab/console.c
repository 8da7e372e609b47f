/* The virtual terminal, and the report. */
#include "lab.h"

#define CHUNK 16

struct tally tally = {0, 0};

/* Sixteen characters travel in two registers, the first in the most significant byte, in either
 * byte order (PAPR, H_PUT_TERM_CHAR). */
static u64 pack(const char *text, u64 length) {
    u64 value = 0;
    for (u64 i = 0; i < 8; i++) {
        value = value << 8 | (i < length ? (u8)text[i] : 0);
    }
    return value;
}

void print(const char *text) {
    u64 length = 0;
    while (text[length] != 0) length++;
    while (length > 0) {
        u64 part = length < CHUNK ? length : CHUNK;
        u64 first = pack(text, part);
        u64 second = part > 8 ? pack(text + 8, part - 8) : 0;
        while (hcall(H_PUT_TERM_CHAR, VTY_UNIT, part, first, second) == H_BUSY) {
        }
        text += part;
        length -= part;
    }
}

static void print_number(u64 value, u64 base) {
    char digits[24];
    char *next = digits + sizeof digits;
    *--next = 0;
    do {
        *--next = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    print(next);
}

void print_hex(u64 value) {
    print("0x");
    print_number(value, 16);
}

void print_decimal(s64 value) {
    if (value < 0) print("-");
    print_number(value < 0 ? -(u64)value : (u64)value, 10);
}

static void print_verdict(int holds, const char *name) {
    if (holds) {
        tally.passed++;
    } else {
        tally.failed++;
    }
    print(holds ? "ok " : "not ok ");
    print_decimal(tally.passed + tally.failed);
    print(" " ORDER ": ");
    print(name);
}

void check(const char *name, int holds) {
    print_verdict(holds, name);
    print("\r\n");
}

void check_equal(const char *name, s64 got, s64 wanted) {
    print_verdict(got == wanted, name);
    if (got != wanted) {
        print(" (got ");
        print_decimal(got);
        print(", wanted ");
        print_decimal(wanted);
        print(")");
    }
    print("\r\n");
}

void skip(const char *name, const char *reason) {
    print("# " ORDER ": not tried: ");
    print(name);
    print(": ");
    print(reason);
    print("\r\n");
}

u64 pack_tally(void) {
    return (u64)tally.passed << 32 | tally.failed;
}

void unpack_tally(u64 packed) {
    tally.passed = packed >> 32;
    tally.failed = (u32)packed;
}
