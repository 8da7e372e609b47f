import { type Paint, plain } from "./paint.ts";
import { parseHex } from "./hex.ts";
import type { MethodResult } from "./methods/mod.ts";

type Ring = MethodResult<"query-virtio-ring">;
type Queue = MethodResult<"query-virtio-queue">;
type Chain = Ring["chains"][number];
type Place = (Ring & { form: "packed" })["next"];

/** What {@linkcode ringTable} shows beside the ring. */
export interface RingTableOptions {
  /** The queue that the ring is of. */
  readonly queue: Queue;
  /** Whether to show every chain, and not only the last ones that are done. */
  readonly all?: boolean;
  /** How to colour. */
  readonly paint?: Paint;
}

/** Chains that are done, of which so many are shown. */
const SHOWN_DONE = 8;

const HEADS = ["chain", "state", "place", "index", "address", "bytes", ""];

/** A ring as lines for people: how far it is, and a table of its chains. */
export function ringTable(
  ring: Ring,
  { queue, all = false, paint = plain }: RingTableOptions,
): string[] {
  const done = ring.chains.filter(({ progress }) => progress === "done").length;
  const hidden = all ? 0 : Math.max(0, done - SHOWN_DONE);
  const chains = hideDone(ring.chains, hidden);
  return [
    paint.strong(
      `${queue.device} queue ${queue.queue}, ${queue.name}: ` +
        `${ring.form} ring of ${ring.size}, read ${ring.order}-endian`,
    ),
    ...progressLines(ring),
    ...queue.held > 0 ? [paint.alarm(`held back: ${queue.held}`)] : [],
    ...ring.problems.map((problem) => paint.alarm(problem)),
    "",
    ...chains.length === 0
      ? ["No chain: the driver has not made one available yet"]
      : chainTable(chains, paint),
    ...hidden > 0
      ? [paint.faint(`${hidden} older done, --all shows them`)]
      : [],
    ...ring.truncated ? [paint.alarm("There are more chains than these")] : [],
  ];
}

/** All but the oldest of those that are done; the newest is last. */
function hideDone(chains: readonly Chain[], hidden: number): Chain[] {
  let left = hidden;
  return chains.filter(({ progress }) => progress !== "done" || left-- <= 0);
}

function progressLines(ring: Ring): string[] {
  if (ring.form === "packed") {
    const place = ({ place, wrap }: Place) =>
      `${place} (wrap counter ${Number(wrap)})`;
    return [
      `next to take at ${place(ring.next)}, next to give at ${
        place(ring.used)
      }`,
      `driver wants interrupts: ${suppression(ring.driverEvent)}; ` +
      `device wants kicks: ${suppression(ring.deviceEvent)}`,
    ];
  }
  const { available, used } = ring;
  return [
    `available: index ${available.index}, device has seen ${available.deviceIndex}, ` +
    `${available.waiting} waiting${
      notes(available.flags, "used_event", available.usedEvent)
    }`,
    `used:      index ${used.index}, device has given ${used.deviceIndex}${
      notes(used.flags, "avail_event", used.availableEvent)
    }`,
  ];
}

function notes(
  flags: readonly string[],
  name: string,
  event: number | null,
): string {
  const parts = [...flags, ...event === null ? [] : [`${name} ${event}`]];
  return parts.map((part) => `, ${part}`).join("");
}

function suppression(
  { mode, place, wrap }: (Ring & { form: "packed" })["driverEvent"],
): string {
  return mode === "at-place"
    ? `at ${place} (wrap counter ${Number(wrap)})`
    : mode;
}

function chainTable(chains: readonly Chain[], paint: Paint): string[] {
  const rows = chains.flatMap(chainRows);
  const widths = HEADS.map((head, at) =>
    Math.max(head.length, ...rows.map(({ cells }) => cells[at]!.length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) =>
      ALIGNED_LEFT.has(at)
        ? cell.padEnd(widths[at]!)
        : cell.padStart(widths[at]!)
    ).join("  ").trimEnd();
  return [
    paint.strong(line(HEADS)),
    ...rows.flatMap(({ cells, chain, problem }) => [
      COLOURS[chain.progress](paint)(line(cells)),
      ...problem === null ? [] : [paint.alarm(`  ${problem}`)],
    ]),
  ];
}

const ALIGNED_LEFT = new Set([1, HEADS.length - 1]);

const COLOURS = {
  waiting: ({ waiting }: Paint) => waiting,
  taken: ({ taken }: Paint) => taken,
  done: ({ faint }: Paint) => faint,
} as const;

interface Row {
  readonly chain: Chain;
  readonly cells: readonly string[];
  readonly problem: string | null;
}

/** A line for each descriptor; what is the chain's own stands in the first. */
function chainRows(chain: Chain): Row[] {
  const { id, progress, place, descriptors } = chain;
  // What was given back is the driver's, which may use its memory otherwise.
  const problem = progress === "done" ? null : chain.problem;
  const own = [String(id), progress, String(place)];
  if (descriptors.length === 0) {
    return [{ chain, cells: [...own, "", "", "", ""], problem }];
  }
  return descriptors.map((descriptor, at) => {
    const { index, address, length, flags, unknownFlags } = descriptor;
    const known = flags.filter((flag) => flag !== "next");
    const words = [
      known.includes("write") ? "device writes" : "device reads",
      ...known.filter((flag) => flag !== "write"),
      ...descriptor.indirect ? ["in an indirect table"] : [],
      ...unknownFlags === 0 ? [] : [`flags 0x${unknownFlags.toString(16)}`],
    ];
    return {
      chain,
      cells: [
        ...at === 0 ? own : ["", "", ""],
        String(index),
        address,
        String(length),
        words.join(", "),
      ],
      problem: at === descriptors.length - 1 ? problem : null,
    };
  });
}

const BYTES_PER_LINE = 16;

/** What the buffers of a chain hold, as addresses, hex digits and characters. */
export function chainDump(
  memory: NonNullable<Ring["memory"]>,
  paint: Paint = plain,
): string[] {
  return memory.flatMap(({ address, length, write, data }) => {
    const head = `${address}, ${length} bytes, device ${
      write ? "writes" : "reads"
    }`;
    if (data === null) return [paint.alarm(`${head}: no memory is there`)];
    const bytes = Uint8Array.fromBase64(data);
    const lines = Array.from(
      { length: Math.ceil(bytes.length / BYTES_PER_LINE) },
      (_, at) => dumpLine(parseHex(address), bytes, at * BYTES_PER_LINE),
    );
    const rest = length - bytes.length;
    return [
      paint.strong(head),
      ...lines,
      ...rest > 0 ? [paint.faint(`  ${rest} more bytes`)] : [],
    ];
  });
}

function dumpLine(start: bigint, bytes: Uint8Array, at: number): string {
  const part = bytes.subarray(at, at + BYTES_PER_LINE);
  const digits = [...part].map((byte) => byte.toString(16).padStart(2, "0"));
  const text = [...part].map((byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."
  );
  const where = (start + BigInt(at)).toString(16).padStart(8, "0");
  return `  ${where}  ${digits.join(" ").padEnd(3 * BYTES_PER_LINE)} ${
    text.join("")
  }`;
}
