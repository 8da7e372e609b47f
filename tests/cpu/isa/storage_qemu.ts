/** Carries out storage cases on a pseries machine of QEMU. */
import {
  BUFFER_BYTES,
  type StorageCase,
  type StorageOutcome,
} from "./storage_case.ts";

/** As storage_runner.S has them. */
const RECORDS = 0x10000;
const RECORD_BYTES = 608;
const STORAGE = 304;
const OUTPUTS = 560;
/** Most that a pseries machine takes as firmware. */
const MOST_BYTES = 4 << 20;

async function run(command: string, args: string): Promise<void> {
  const { success } = await new Deno.Command(command, {
    args: args.split(" "),
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot run cases: ${command} failed`);
}

function pack(code: Uint8Array, cases: readonly StorageCase[]): Uint8Array {
  const bytes = new Uint8Array(RECORDS + 8 + cases.length * RECORD_BYTES);
  if (bytes.length > MOST_BYTES) {
    throw new RangeError(`Cannot run cases: too many: ${cases.length}`);
  }
  bytes.set(code);
  const view = new DataView(bytes.buffer);
  view.setUint32(RECORDS, cases.length);
  cases.forEach((one, i) => {
    const at = RECORDS + 8 + i * RECORD_BYTES;
    one.words.forEach((word, j) => view.setUint32(at + 4 * j, word));
    const { msr, gpr, cr, xer, lr, ctr } = one;
    [msr, ...gpr, BigInt(cr), BigInt(xer), lr, ctr].forEach((word, j) =>
      view.setBigUint64(at + 8 + 8 * j, word)
    );
    bytes.set(one.storage, at + STORAGE);
  });
  return bytes;
}

function unpack(bytes: Uint8Array): StorageOutcome {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const word = (offset: number) => view.getBigUint64(offset);
  const out = (index: number) => word(OUTPUTS + 8 * index);
  return {
    gpr: Array.from({ length: 32 }, (_, i) => word(16 + 8 * i)),
    cr: Number(word(272) & 0xffff_ffffn),
    xer: Number(word(280) & 0xffff_ffffn),
    lr: word(288),
    ctr: word(296),
    storage: bytes.slice(STORAGE, STORAGE + BUFFER_BYTES),
    vector: Number(out(0)),
    srr0: out(1),
    srr1: out(2),
    dar: out(3),
    dsisr: Number(out(4)),
    fscr: out(5),
  };
}

/** Runs the image until it has printed so many bytes. */
async function boot(
  image: string,
  { bytes, cpu }: { bytes: number; cpu: string },
): Promise<Uint8Array> {
  const options = `-M pseries -cpu ${cpu} -m 512M -nodefaults -display none ` +
    "-monitor none -serial stdio";
  const child = new Deno.Command("qemu-system-ppc64", {
    args: [...options.split(" "), "-bios", image],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill(), 60_000);
  const output = new Uint8Array(bytes);
  let at = 0;
  for await (const chunk of child.stdout) {
    output.set(chunk.subarray(0, bytes - at), at);
    at += chunk.length;
    if (at >= bytes) child.kill();
  }
  clearTimeout(timer);
  await child.status;
  if (at < bytes) throw new Error(`Cannot run cases: got ${at} bytes`);
  return output;
}

/** What each of the cases did, one after the other on the same processor. */
export async function runOnQemu(
  cases: readonly StorageCase[],
  cpu: "power8" | "power9" = "power9",
): Promise<StorageOutcome[]> {
  const source = new URL("./storage_runner.S", import.meta.url).pathname;
  const directory = await Deno.makeTempDir();
  try {
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
    await Deno.writeFile(image, pack(await Deno.readFile(image), cases));
    const bytes = cases.length * RECORD_BYTES;
    const output = await boot(image, { bytes, cpu });
    return cases.map((_, i) =>
      unpack(output.slice(i * RECORD_BYTES, (i + 1) * RECORD_BYTES))
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
