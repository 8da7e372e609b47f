/**
 * Records what a POWER9 of QEMU makes of result_cases.ts.
 *
 *     deno run --allow-read --allow-write --allow-run \
 *       tests/cpu/isa/record_results.ts
 */
import { type ResultCase, resultCases } from "./result_cases.ts";
import { describeOutcome, type Outcome } from "./results.ts";

const CASES_PER_ROW = Number(Deno.args[0] ?? 12);
const RECORD_BYTES = 312;
/** Where runner.S expects their count, and 8 bytes further the records. */
const RECORDS = 0x10000;
/** Most that a pseries machine takes as firmware. */
const MOST_BYTES = 4 << 20;

async function run(command: string, args: string): Promise<void> {
  const { success } = await new Deno.Command(command, {
    args: args.split(" "),
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot record results: ${command} failed`);
}

function pack(code: Uint8Array, cases: readonly ResultCase[]): Uint8Array {
  const bytes = new Uint8Array(RECORDS + 8 + cases.length * RECORD_BYTES);
  if (bytes.length > MOST_BYTES) {
    throw new RangeError(`Cannot record results: too many: ${cases.length}`);
  }
  bytes.set(code);
  const view = new DataView(bytes.buffer);
  view.setUint32(RECORDS, cases.length);
  cases.forEach((one, i) => {
    const at = RECORDS + 8 + i * RECORD_BYTES;
    view.setUint32(at, one.word);
    view.setUint32(at + 4, Number(one.sixtyFour));
    const { gpr, cr, xer, ctr, lr, tar } = one;
    [...gpr, BigInt(cr), BigInt(xer), ctr, lr, tar].forEach((word, j) =>
      view.setBigUint64(at + 8 + 8 * j, word)
    );
  });
  return bytes;
}

function unpack(view: DataView): Outcome {
  const words = Array.from(
    { length: 38 },
    (_, j) => view.getBigUint64(8 + 8 * j),
  );
  const [cr = 0n, xer = 0n, ctr = 0n, lr = 0n, , taken = 0n] = words.slice(32);
  return {
    gpr: words.slice(0, 32),
    cr: Number(cr & 0xffff_ffffn),
    xer: Number(xer),
    ctr,
    lr,
    went: view.getUint32(4) ? "program" : taken ? "target" : "next",
  };
}

/** Runs the image until it has printed so many bytes. */
async function boot(image: string, bytes: number): Promise<DataView> {
  const options = "-M pseries -cpu power9 -m 512M -nodefaults -display none " +
    "-monitor none -serial stdio";
  const child = new Deno.Command("qemu-system-ppc64", {
    args: [...options.split(" "), "-bios", image],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = new Uint8Array(bytes);
  let at = 0;
  for await (const chunk of child.stdout) {
    output.set(chunk, at);
    at += chunk.length;
    if (at === bytes) child.kill();
  }
  await child.status;
  if (at !== bytes) throw new Error(`Cannot record results: got ${at} bytes`);
  return new DataView(output.buffer);
}

const source = new URL("./runner.S", import.meta.url).pathname;
const directory = await Deno.makeTempDir();
const object = `${directory}/runner.o`;
const image = `${directory}/image`;
await run(
  "powerpc64le-linux-gnu-gcc",
  `-mbig -mcpu=power9 -c -x assembler-with-cpp -o ${object} ${source}`,
);
await run(
  "powerpc64le-linux-gnu-objcopy",
  `-O binary -j .text ${object} ${image}`,
);
const cases = resultCases(CASES_PER_ROW);
await Deno.writeFile(image, pack(await Deno.readFile(image), cases));
const output = await boot(image, cases.length * RECORD_BYTES);
await Deno.remove(directory, { recursive: true });
const lines = cases.map((before, i) => {
  const at = i * RECORD_BYTES;
  const after = unpack(new DataView(output.buffer, at, RECORD_BYTES));
  const word = before.word.toString(16).padStart(8, "0");
  return `${word} ${describeOutcome(before, after)}`.trimEnd() + "\n";
});
await Deno.writeTextFile(
  new URL("./results.golden", import.meta.url),
  lines.join(""),
);
