// Small integer workloads. Each gives a checksum that does not depend on the
// byte order.
#include "system.h"

#define NOINLINE __attribute__((noinline))

static u64 next(u64 *state)
{
	// xorshift64
	u64 x = *state;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static u8 composite[1 << 17];

// The sieve of Eratosthenes: byte stores at growing strides.
static u64 sieve(u64 repeat)
{
	const u32 limit = sizeof composite;
	u64 primes = 0;
	while (repeat--) {
		primes = 0;
		for (u32 i = 0; i < limit; i++)
			composite[i] = 0;
		for (u32 i = 2; i < limit; i++) {
			if (composite[i])
				continue;
			primes++;
			for (u32 multiple = 2 * i; multiple < limit; multiple += i)
				composite[multiple] = 1;
		}
	}
	return primes;
}

static u8 message[1 << 16];
static u32 crc_table[256];

// CRC-32 of IEEE 802.3 by table: loads that depend on each other.
static u64 crc(u64 repeat)
{
	for (u32 i = 0; i < 256; i++) {
		u32 rest = i;
		for (int bit = 0; bit < 8; bit++)
			rest = rest & 1 ? rest >> 1 ^ 0xedb88320 : rest >> 1;
		crc_table[i] = rest;
	}
	for (u32 i = 0; i < sizeof message; i++)
		message[i] = i * 7 + (i >> 8);
	u32 rest = ~0u;
	while (repeat--)
		for (u32 i = 0; i < sizeof message; i++)
			rest = rest >> 8 ^ crc_table[(rest ^ message[i]) & 255];
	return rest;
}

static u32 numbers[1 << 15];

// Sifts numbers[root] down in the heap of `count`.
static void sift(u32 root, u32 count)
{
	u32 moved = numbers[root];
	for (u32 child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && numbers[child + 1] > numbers[child])
			child++;
		if (numbers[child] <= moved)
			break;
		numbers[root] = numbers[child];
	}
	numbers[root] = moved;
}

// Heap sort: branches that nothing predicts.
static u64 sort(u64 repeat)
{
	const u32 count = sizeof numbers / sizeof *numbers;
	u64 state = 88172645463325252, sum = 0;
	while (repeat--) {
		for (u32 i = 0; i < count; i++)
			numbers[i] = next(&state) >> 32;
		for (u32 root = count / 2; root-- > 0;)
			sift(root, count);
		for (u32 end = count - 1; end > 0; end--) {
			u32 largest = numbers[0];
			numbers[0] = numbers[end];
			numbers[end] = largest;
			sift(0, end);
		}
		for (u32 i = 1; i < count; i++)
			if (numbers[i - 1] > numbers[i])
				return 0;
		sum = sum * 31 + numbers[count / 3];
	}
	return sum;
}

static NOINLINE u64 fibonacci(u64 n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

// Calls and returns, and little else.
static u64 fib(u64 repeat)
{
	u64 sum = 0;
	while (repeat--)
		sum += fibonacci(26) + repeat;
	return sum;
}

#define SIDE 96
static i64 left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

// Product of matrices of 64-bit numbers: nested counted loops.
static u64 matmul(u64 repeat)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			left[i][j] = i * 5 + j * 3 + 1;
			right[i][j] = i * 2 - j * 7;
		}
	u64 sum = 0;
	while (repeat--) {
		for (int i = 0; i < SIDE; i++)
			for (int j = 0; j < SIDE; j++) {
				i64 cell = 0;
				for (int k = 0; k < SIDE; k++)
					cell += left[i][k] * right[k][j];
				product[i][j] = cell;
			}
		sum += product[repeat % SIDE][repeat / SIDE % SIDE];
		left[repeat % SIDE][3] += sum & 15;
	}
	return sum;
}

enum { HALT, LOAD, ADD, MULTIPLY, XOR, SHIFT, SWAP, COUNT, LOOP, NOT };

static const u8 bytecode[] = {
	LOAD, 7, ADD, MULTIPLY, XOR, SWAP, SHIFT, ADD, COUNT, NOT, XOR, ADD,
	SWAP, LOAD, 3, MULTIPLY, SHIFT, XOR, ADD, LOOP, HALT,
};

// A machine of ten instructions: a branch through a table for each.
static u64 interpret(u64 repeat)
{
	u64 a = 1, b = 2, counted = 0, loops = repeat * 1000;
	for (const u8 *at = bytecode;;) {
		switch (*at++) {
		case HALT: return a ^ b ^ counted;
		case LOAD: a += *at++; break;
		case ADD: a += b; break;
		case MULTIPLY: b = b * 5 + 1; break;
		case XOR: a ^= b >> 9; break;
		case SHIFT: b ^= a << 7; break;
		case SWAP: { u64 t = a; a = b; b = t; } break;
		case COUNT: counted++; break;
		case LOOP: if (--loops) at = bytecode; break;
		case NOT: a = ~a; break;
		}
	}
}

struct node { struct node *next; u64 value; };
static struct node nodes[1 << 13];

// Follows a list that lies scattered: each address is the last load's result.
static u64 list(u64 repeat)
{
	const u32 count = sizeof nodes / sizeof *nodes;
	u64 sum = 0;
	for (u32 i = 0; i < count; i++) {
		nodes[i].next = &nodes[(i * 1021 + 17) % count];
		nodes[i].value = i;
	}
	const struct node *node = nodes;
	while (repeat--)
		for (u32 i = 0; i < count; i++, node = node->next) {
			sum += node->value;
			if (sum & 1)
				sum ^= 0x5a5a;
		}
	return sum;
}

static u32 rotate(u32 value, int by)
{
	return value << by | value >> (32 - by);
}

static void quarter(u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a += *b; *d = rotate(*d ^ *a, 16);
	*c += *d; *b = rotate(*b ^ *c, 12);
	*a += *b; *d = rotate(*d ^ *a, 8);
	*c += *d; *b = rotate(*b ^ *c, 7);
}

// ChaCha20's block function (RFC 8439): long runs without a branch.
static u64 mix(u64 repeat)
{
	u32 x[16], sum = 0;
	for (u64 block = 0; block < repeat * 1000; block++) {
		for (int i = 0; i < 16; i++)
			x[i] = 0x61707865 + i * 0x01020304 + (u32)block;
		for (int round = 0; round < 10; round++) {
			quarter(&x[0], &x[4], &x[8], &x[12]);
			quarter(&x[1], &x[5], &x[9], &x[13]);
			quarter(&x[2], &x[6], &x[10], &x[14]);
			quarter(&x[3], &x[7], &x[11], &x[15]);
			quarter(&x[0], &x[5], &x[10], &x[15]);
			quarter(&x[1], &x[6], &x[11], &x[12]);
			quarter(&x[2], &x[7], &x[8], &x[13]);
			quarter(&x[3], &x[4], &x[9], &x[14]);
		}
		for (int i = 0; i < 16; i++)
			sum = rotate(sum, 1) ^ x[i];
	}
	return sum;
}

const struct workload integer_workloads[] = {
	{ "sieve", sieve, 800 },
	{ "crc", crc, 3600 },
	{ "sort", sort, 120 },
	{ "fib", fib, 250 },
	{ "matmul", matmul, 400 },
	{ "interpret", interpret, 4000 },
	{ "list", list, 20000 },
	{ "mix", mix, 600 },
	{ 0, 0, 0 },
};
