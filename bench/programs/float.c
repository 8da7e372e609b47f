// Small workloads in double precision. Each checksum is a sum of the bits of
// results: a last bit that differs shows.
#include "system.h"

static u64 bits(double value)
{
	union { double value; u64 bits; } both = { value };
	return both.bits;
}

// Iterations over a part of the Mandelbrot set: compares and branches.
static u64 mandelbrot(u64 repeat)
{
	u64 sum = 0;
	while (repeat--)
		for (int row = 0; row < 96; row++)
			for (int column = 0; column < 128; column++) {
				double x0 = -2.0 + column * (2.6 / 128);
				double y0 = -1.2 + row * (2.4 / 96);
				double x = 0, y = 0;
				int n = 0;
				while (n < 200 && x * x + y * y <= 4.0) {
					double t = x * x - y * y + x0;
					y = 2 * x * y + y0;
					x = t;
					n++;
				}
				sum = sum * 3 + n;
			}
	return sum;
}

#define BODIES 5
static double place[BODIES][3], speed[BODIES][3], mass[BODIES];

// Bodies under gravity: square roots and divisions.
static u64 nbody(u64 repeat)
{
	for (int i = 0; i < BODIES; i++) {
		mass[i] = 1.0 / (1 + i * i);
		for (int axis = 0; axis < 3; axis++) {
			place[i][axis] = (i * 7 + axis * 3) % 11 - 4.5;
			speed[i][axis] = ((i * 5 + axis) % 7 - 3) * 0.03125;
		}
	}
	for (u64 step = 0; step < repeat * 1000; step++) {
		for (int i = 0; i < BODIES; i++)
			for (int j = i + 1; j < BODIES; j++) {
				double d[3], square = 0.01;
				for (int axis = 0; axis < 3; axis++) {
					d[axis] = place[i][axis] - place[j][axis];
					square += d[axis] * d[axis];
				}
				double pull = 0.001 / (square * __builtin_sqrt(square));
				for (int axis = 0; axis < 3; axis++) {
					speed[i][axis] -= d[axis] * mass[j] * pull;
					speed[j][axis] += d[axis] * mass[i] * pull;
				}
			}
		for (int i = 0; i < BODIES; i++)
			for (int axis = 0; axis < 3; axis++)
				place[i][axis] += 0.001 * speed[i][axis];
	}
	u64 sum = 0;
	for (int i = 0; i < BODIES; i++)
		for (int axis = 0; axis < 3; axis++)
			sum = sum * 31 + bits(place[i][axis]);
	return sum;
}

#define POINTS 1024
static double real[POINTS], imaginary[POINTS];
static double cosine[POINTS / 2], sine[POINTS / 2];

// cos and sin of 2 pi k / POINTS, each from the one before.
static void make_twiddles(void)
{
	const double step_cosine = 0x1.ffff62169b92ep-1;
	const double step_sine = 0x1.921f8becca4bap-8;
	double c = 1, s = 0;
	for (int k = 0; k < POINTS / 2; k++) {
		cosine[k] = c;
		sine[k] = s;
		double t = c * step_cosine - s * step_sine;
		s = s * step_cosine + c * step_sine;
		c = t;
	}
}

static void transform(void)
{
	for (int i = 0, j = 0; i < POINTS; i++) {
		if (i < j) {
			double t = real[i];
			real[i] = real[j], real[j] = t;
			t = imaginary[i];
			imaginary[i] = imaginary[j], imaginary[j] = t;
		}
		int bit = POINTS >> 1;
		while (bit && j & bit)
			j ^= bit, bit >>= 1;
		j |= bit;
	}
	for (int half = 1; half < POINTS; half *= 2)
		for (int start = 0; start < POINTS; start += 2 * half)
			for (int k = 0; k < half; k++) {
				int a = start + k, b = a + half;
				int angle = k * (POINTS / 2 / half);
				double re = real[b] * cosine[angle] +
					imaginary[b] * sine[angle];
				double im = imaginary[b] * cosine[angle] -
					real[b] * sine[angle];
				real[b] = real[a] - re;
				imaginary[b] = imaginary[a] - im;
				real[a] += re;
				imaginary[a] += im;
			}
}

// Fast Fourier transforms: strided loads, products and sums.
static u64 fft(u64 repeat)
{
	make_twiddles();
	for (int i = 0; i < POINTS; i++) {
		real[i] = i % 17 - 8;
		imaginary[i] = i % 5;
	}
	while (repeat--) {
		transform();
		for (int i = 0; i < POINTS; i++) {
			real[i] *= 1.0 / 32;
			imaginary[i] *= 1.0 / 32;
		}
	}
	u64 sum = 0;
	for (int i = 0; i < POINTS; i++)
		sum = sum * 31 + bits(real[i]) + bits(imaginary[i]);
	return sum;
}

#define SIDE 96
static double left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

// Product of matrices: chains of fused multiply-adds.
static u64 dmatmul(u64 repeat)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			left[i][j] = 1.0 / (i + j + 1);
			right[i][j] = (i - j) * 0.125;
		}
	u64 sum = 0;
	while (repeat--) {
		for (int i = 0; i < SIDE; i++)
			for (int j = 0; j < SIDE; j++) {
				double cell = 0;
				for (int k = 0; k < SIDE; k++)
					cell += left[i][k] * right[k][j];
				product[i][j] = cell;
			}
		sum += bits(product[repeat % SIDE][repeat / SIDE % SIDE]);
		left[repeat % SIDE][3] += 0.0625;
	}
	return sum;
}

const struct workload float_workloads[] = {
	{ "mandelbrot", mandelbrot, 10 },
	{ "nbody", nbody, 200 },
	{ "fft", fft, 800 },
	{ "dmatmul", dmatmul, 40 },
	{ 0, 0, 0 },
};
