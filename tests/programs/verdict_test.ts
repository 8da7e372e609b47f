import assert from "node:assert/strict";
import { differences } from "../../programs/comparison.ts";
import { normalize, PROGRAMS, soakProgram } from "../../programs/table.ts";
import type { Outcome } from "../../programs/transcript.ts";
import { complaints, floatLines, judge } from "../../programs/verdict.ts";

const PERL = PROGRAMS.find(({ name }) => name === "perl")!;

const outcome = (output: string, status = 0): Outcome => ({
  output,
  status,
  seconds: 1,
});

Deno.test("differences() finds lines that differ, and what one side lacks", () => {
  assert.deepEqual(differences("a\nb\n", "a\nb\n"), []);
  assert.deepEqual(differences("a\nb\nc", "a\nx"), [
    { line: 2, ours: "b", theirs: "x" },
    { line: 3, ours: "c", theirs: undefined },
  ]);
});

Deno.test("judge() calls outcomes the same only if output and status are", () => {
  const of = (...outcomes: (Outcome | undefined)[]) =>
    judge(PERL, new Map(outcomes.map((each, at) => [`e${at}`, each])));
  assert.equal(of(outcome("1\n"), outcome("1\n"), outcome("1\n")).same, true);
  for (
    const [wrong, detail] of [
      [of(outcome("1\n"), outcome("2\n")), /line 1\n {4}e1: 2\n {4}e0: 1/],
      [of(outcome("1\n"), outcome("1\n", 139)), /e1: it ended with status 139/],
      [of(outcome("1\n"), undefined), /e1: it did not run/],
      [of(undefined, outcome("1\n")), /e0: it did not run/],
      // Two that fail alike have shown nothing.
      [of(outcome("1\n", 1), outcome("1\n", 1)), /e0: it ended with status 1/],
      [of(outcome("1\n")), /nothing to compare with/],
    ] as const
  ) {
    assert.equal(wrong.same, false);
    assert.match(wrong.details.join("\n"), detail);
  }
});

Deno.test("normalize() takes times out of each program's output, and nothing else", () => {
  const pairs: Record<string, readonly [string, string][]> = {
    "openssl-speed": [
      [
        "Doing AES-128-CBC for 1s on 8192 size blocks: 750 AES-128-CBC's in 0.93s",
        "Doing AES-128-CBC for 1s on 8192 size blocks: COUNT AES-128-CBC's in TIME",
      ],
      ["AES-128-XTS      13107.20k", "AES-128-XTS SPEED"],
      ["CPUINFO: OPENSSL_ppccap=0x3e", "CPUINFO: OPENSSL_ppccap=0x3e"],
    ],
    "python-tests": [
      [
        "0:01:46 load avg: 1.18 [2/7] test_float -- test_math passed in 1 min 23 sec",
        "[2/7] test_float",
      ],
      ["0:00:00 [1/7] test_math", "[1/7] test_math"],
      ["OK\ntest_hashlib passed in 36.8 sec\n\n", "OK\n\n"],
      ["Ran 77 tests in 26.938s", "Ran 77 tests in TIME"],
      ["Total duration: 4 min 16 sec", "Total duration: TIME"],
      ["== cwd: /tmp/test_python_95æ", "== cwd: /tmp/test_python_PIDæ"],
      ["test_e (test.test_math) ... ok", "test_e (test.test_math) ... ok"],
    ],
    "7zr": [
      ["1T CPU Freq (MHz):  3541  3578", ""],
      ["18:        595   100    532    530  |       9621", ""],
      ["Size = 4271792", "Size = 4271792"],
    ],
  };
  for (const program of PROGRAMS) {
    for (const [text, normal] of pairs[program.name] ?? []) {
      assert.equal(normalize(program, text), normal);
    }
    const plain = "100000|3.5|x'0012'\n";
    assert.equal(normalize(program, plain), plain);
  }
});

Deno.test("soakProgram() tells Python for how long", () => {
  assert.deepEqual(soakProgram({ seconds: 600 }).command, [
    "python3",
    "600",
    "1000000000",
  ]);
  assert.equal(soakProgram({ rounds: 3 }).command.at(-1), "3");
});

Deno.test("complaints() names what is wrong with a run of ours", () => {
  const run = {
    emulator: "jit",
    ours: true,
    console: "",
    outcomes: new Map(),
    kernel: ["Oops: Kernel access of bad area, sig: 11 [#1]", "fine"],
    disk: "Inode 12 ref count is 3, should be 2",
    unimplemented: [{ name: "xsmaddqp", count: 2, words: [] }],
    float: new Map([
      ["a", { instructions: 10_000, long: 1200 }],
      ["b", { instructions: 10_000, long: 0 }],
    ]),
  };
  assert.deepEqual(complaints(run), [
    "jit: kernel: Oops: Kernel access of bad area, sig: 11 [#1]",
    "jit: e2fsck: Inode 12 ref count is 3, should be 2",
    "jit: instruction xsmaddqp is not there, met 2 times",
    "jit: 6.00 % of floating-point instructions went the long way",
  ]);
  assert.deepEqual(floatLines([run]), [
    "jit: a: 10000 floating-point instructions, 12.00 % the long way",
    "jit: b: 10000 floating-point instructions, 0.00 % the long way",
    "jit: all: 20000 floating-point instructions, 6.00 % the long way",
  ]);
  const few = new Map([["a", { instructions: 50, long: 5 }]]);
  assert.equal(complaints({ ...run, float: few }).length, 3);
  const healthy = { ...run, float: new Map() };
  assert.deepEqual(floatLines([healthy]), []);
  assert.deepEqual(
    complaints({ ...healthy, ours: false, disk: undefined, unimplemented: [] }),
    [],
  );
});
