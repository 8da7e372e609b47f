"""Work of a fixed amount in rounds, each with the digest of what it found.

Of python3-minimal alone. First argument: for how many seconds rounds are
begun; second: how many rounds at most.
"""

import hashlib
import heapq
import math
import random
import re
import struct
import sys
import time


def integers(source):
    total = source.getrandbits(2000) | 1
    for exponent in range(3, 40):
        total = pow(total, exponent, (1 << 1279) - 1)
    factorial = math.factorial(source.randrange(300, 400))
    return total, factorial % 1000000007, math.isqrt(factorial), len(str(factorial))


def bodies(source):
    """Point masses under gravity: sensitive to the last bit."""
    places = [[source.gauss(0, 1) for _ in range(3)] for _ in range(5)]
    speeds = [[source.gauss(0, 0.1) for _ in range(3)] for _ in range(5)]
    for _ in range(120):
        for i, here in enumerate(places):
            for there, speed in zip(places[i + 1 :], speeds[i + 1 :]):
                apart = [a - b for a, b in zip(here, there)]
                force = 0.01 / (sum(d * d for d in apart) + 0.01) ** 1.5
                for axis in range(3):
                    speeds[i][axis] -= apart[axis] * force
                    speed[axis] += apart[axis] * force
        for place, speed in zip(places, speeds):
            for axis in range(3):
                place[axis] += 0.01 * speed[axis]
    return [value.hex() for place in places for value in place]


def functions(source):
    values = []
    for _ in range(300):
        x = source.uniform(0.01, 20)
        values += [
            math.sin(x), math.exp(-x), math.log(x), math.gamma(x / 2), math.erf(x / 9),
            math.fmod(x, 0.7), math.hypot(x, 3, 1), math.atan2(x, -2), x ** 0.3,
        ]
    return math.fsum(values).hex(), struct.pack(">f", values[7]), [f"{v:.17g}" for v in values[:20]]


def texts(source):
    words = ["".join(source.choices("abcdefghij", k=source.randrange(2, 9))) for _ in range(3000)]
    text = " ".join(words)
    counts = {}
    for word in re.findall(r"\b[a-e]+([f-j]+)", text):
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items()), re.sub(r"(\w)\1+", lambda m: m[1].upper(), text)[:500]


def structures(source):
    heap = []
    for _ in range(3000):
        heapq.heappush(heap, (source.random(), source.randrange(100)))
    drained = [heapq.heappop(heap)[1] for _ in range(2000)]
    table = {(i * 7919) % 4001: str(i) for i in range(4000)}
    odd = {k for k in table if k % 2} ^ set(drained)
    return sum(drained), sorted(odd)[:50], sorted(table.values())[::500]


def sieve(source):
    limit = source.randrange(20000, 30000)
    flags = bytearray([1]) * limit
    for i in range(2, math.isqrt(limit) + 1):
        if flags[i]:
            flags[i * i :: i] = bytes(len(range(i * i, limit, i)))
    return sum(flags), hashlib.sha256(flags).hexdigest(), hashlib.md5(flags).hexdigest()


def calls(source):
    def ackermann(m, n):
        if m == 0:
            return n + 1
        return ackermann(m - 1, ackermann(m, n - 1) if n else 1)

    caught = 0
    for divisor in range(-50, 50):
        try:
            caught += source.randrange(1000) // divisor
        except ZeroDivisionError:
            caught += 1

    def numbers():
        a, b = 0, 1
        while True:
            yield a
            a, b = b, a + b

    stream = numbers()
    return ackermann(2, 40), caught, [next(stream) for _ in range(300)][-1]


def main():
    seconds, rounds = float(sys.argv[1]), int(sys.argv[2])
    start = time.monotonic()
    number = 0
    while number < rounds and time.monotonic() - start < seconds:
        source = random.Random(number)
        found = [work(source) for work in (integers, bodies, functions, texts, structures, sieve, calls)]
        print(number, hashlib.sha256(repr(found).encode()).hexdigest(), flush=True)
        number += 1


main()
