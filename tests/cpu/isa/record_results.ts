/**
 * Records what a POWER9 of QEMU's user mode makes of result_cases.ts.
 *
 *     deno run --allow-read --allow-write --allow-run \
 *       tests/cpu/isa/record_results.ts
 */
import { type ResultCase, resultCases } from "./result_cases.ts";
import { describeOutcome, type Outcome } from "./results.ts";

const CASES_PER_ROW = 24;
const RECORD_BYTES = 312;
const MOST_RECORDS = 1 << 15;

async function run(command: string, args: string[], input?: Uint8Array) {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const fed = writer.write(input ?? new Uint8Array())
    .then(() => writer.close());
  const { success, stdout } = await child.output();
  await fed;
  if (!success) throw new Error(`Cannot record results: ${command} failed`);
  return stdout;
}

function pack(cases: readonly ResultCase[]): Uint8Array {
  const bytes = new Uint8Array(4 + cases.length * RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, cases.length, true);
  cases.forEach((one, i) => {
    const at = 4 + i * RECORD_BYTES;
    view.setUint32(at, one.word, true);
    const words = [
      ...one.gpr,
      BigInt(one.cr),
      BigInt(one.xer),
      one.ctr,
      one.lr,
      one.tar,
    ];
    words.forEach((word, j) => view.setBigUint64(at + 8 + 8 * j, word, true));
  });
  return bytes;
}

function unpack(before: ResultCase, view: DataView, at: number): Outcome {
  const signal = view.getUint32(at + 4, true);
  const words = Array.from(
    { length: 38 },
    (_, j) => view.getBigUint64(at + 8 + 8 * j, true),
  );
  const [cr = 0n, xer = 0n, ctr = 0n, lr = 0n, , taken = 0n] = words.slice(32);
  return {
    gpr: before.gpr.map((old, i) =>
      i === 1 || i === 2 || i === 13 ? old : words[i] ?? 0n
    ),
    cr: Number(cr & 0xffff_ffffn),
    xer: Number(xer),
    ctr,
    lr,
    went: signal ? "program" : taken ? "target" : "next",
  };
}

const source = new URL("./runner.c", import.meta.url).pathname;
const directory = await Deno.makeTempDir();
const runner = `${directory}/runner`;
const options = "-O1 -static -no-pie -fno-stack-protector -mcpu=power9 " +
  "-Wl,--section-start=.slot=0x20000000 -Wl,--no-warn-rwx-segments";
await run("powerpc64le-linux-gnu-gcc", [
  ...options.split(" "),
  "-o",
  runner,
  source,
]);
const cases = resultCases(CASES_PER_ROW);
if (cases.length > MOST_RECORDS) {
  throw new RangeError(`Cannot record results: ${cases.length} are too many`);
}
const output = await run(
  "qemu-ppc64le",
  ["-cpu", "power9", runner],
  pack(cases),
);
await Deno.remove(directory, { recursive: true });
const view = new DataView(output.buffer, output.byteOffset);
const lines = cases.map((before, i) => {
  const after = unpack(before, view, i * RECORD_BYTES);
  const word = before.word.toString(16).padStart(8, "0");
  return `${word} ${describeOutcome(before, after)}`.trimEnd() + "\n";
});
await Deno.writeTextFile(
  new URL("./results.golden", import.meta.url),
  lines.join(""),
);
