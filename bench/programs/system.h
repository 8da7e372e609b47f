// What the programs need of Linux, without a library.
#pragma once

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

struct workload {
	const char *name;
	u64 (*run)(u64 repeat);
	u64 repeat;
};

extern const struct workload integer_workloads[];
extern const struct workload float_workloads[];

// A system call; what an error gives is negative.
i64 call(u64 number, u64 a, u64 b, u64 c, u64 d);

// Microseconds of CLOCK_MONOTONIC.
u64 microseconds(void);

void print(const char *text);

// "BENCH name checksum microseconds", in one piece.
void report(const char *name, u64 checksum, u64 time);

int equal(const char *a, const char *b);

// Runs a program with its output in a file, and reports its time, and its
// output as a checksum.
void measure(const char *name, char **arguments);
