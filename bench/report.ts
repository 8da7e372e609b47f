/**
 * From the figures of all trials to what is printed and written.
 *
 * @module
 */
import type { ByteOrder } from "./programs/build.ts";
import { geometricMean, median, megabytes, table } from "./statistics.ts";
import type { Figure } from "./trial.ts";
import { WORKLOADS } from "./workloads.ts";

/** A figure of one emulator in one pair of trials. */
export interface Sample extends Figure {
  readonly emulator: string;
  readonly pair: number;
}

/** One measured thing over all pairs. */
export interface Row {
  readonly name: string;
  readonly order: ByteOrder;
  /** Medians, in seconds or bytes. */
  readonly ours: number;
  readonly theirs: number | undefined;
  /** Theirs by ours, pair by pair: above 1 means that we are faster. */
  readonly ratios: readonly number[];
}

/** A geometric mean of ratios: what it must come to, and what it should. */
export interface Goal {
  readonly name: string;
  readonly value: number;
  readonly least: number;
  readonly aim: number;
}

/** Bytes that we may take beyond the guest memory that was touched. */
const MOST_MEMORY = 700e6;

/** Everything that a run has found. */
export interface Report {
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
}

interface GoalOf {
  readonly name: string;
  readonly least: number;
  readonly aim: number;
  has(row: Row): boolean;
}

const SET_OF = new Map(WORKLOADS.map(({ name, set }) => [name, set]));

/** awk's sums are of double precision, but for those that are whole. */
function isInteger({ name }: Row): boolean {
  const set = SET_OF.get(name);
  return set === "integer" || set === "busybox" && name !== "awk-float";
}

const GOALS: readonly GoalOf[] = [
  {
    name: "integer, little-endian",
    least: 1.2,
    aim: 2,
    has: (row) => row.order === "little" && isInteger(row),
  },
  {
    name: "integer, big-endian",
    least: 1,
    aim: 1.5,
    has: (row) => row.order === "big" && isInteger(row),
  },
  {
    name: "scalar floating point",
    least: 3,
    aim: 8,
    has: ({ name }) => SET_OF.get(name) === "float",
  },
  {
    name: "boot to the shell",
    least: 0.5,
    aim: 1.2,
    has: ({ name, order }) => name === "boot" && order === "little",
  },
  {
    name: "forks and system calls",
    least: 0.7,
    aim: 1.2,
    has: ({ name }) => SET_OF.get(name) === "system",
  },
];

/** How much slower than the other engine a workload may be. */
const SLOWEST = 0.8;

/** Sorts samples into rows, ours and theirs beside each other. */
export function reportOf(
  samples: readonly Sample[],
  [ours, theirs]: readonly [string, string | undefined],
): Report {
  const groups = Map.groupBy(
    samples,
    ({ name, order }) => `${name} ${order}`,
  );
  const rows = [...groups.values()].flatMap((group): Row[] => {
    const of = (emulator: string | undefined) =>
      group.filter((sample) => sample.emulator === emulator);
    const [first] = group;
    if (!first || of(ours).length === 0) return [];
    const values = (emulator: string | undefined) =>
      of(emulator).map(({ value }) => value);
    const ratios = of(ours).flatMap(({ pair, value }) => {
      const other = of(theirs).find((sample) => sample.pair === pair);
      return other === undefined ? [] : [other.value / value];
    });
    return [{
      name: first.name,
      order: first.order,
      ours: median(values(ours)),
      theirs: ratios.length === 0 ? undefined : median(values(theirs)),
      ratios,
    }];
  });
  return { rows, goals: goalsOf(rows) };
}

function goalsOf(rows: readonly Row[]): Goal[] {
  return GOALS.flatMap(({ name, least, aim, has }) => {
    const ratios = rows.filter((row) => row.ratios.length > 0 && has(row))
      .map((row) => median(row.ratios));
    if (ratios.length === 0) return [];
    return [{ name, least, aim, value: geometricMean(ratios) }];
  });
}

function rowCells({ name, order, ours, theirs, ratios }: Row): string[] {
  if (name === "memory") {
    const most = ours > MOST_MEMORY ? "above" : "below";
    return [
      name,
      order,
      megabytes(ours),
      ...theirs === undefined ? [] : [megabytes(theirs), ""],
      `${most} ${megabytes(MOST_MEMORY)}`,
    ];
  }
  const shown = (value: number) => value.toFixed(2);
  return [
    name,
    order,
    `${shown(ours)} s`,
    ...theirs === undefined ? [] : [
      `${shown(theirs)} s`,
      shown(median(ratios)),
      `${shown(Math.min(...ratios))}-${shown(Math.max(...ratios))}`,
    ],
  ];
}

function verdict({ value, least, aim }: Goal): string {
  if (value >= aim) return "at its aim";
  return value >= least ? "enough" : "below least";
}

/** What the person is shown. */
export function textOf(
  { rows, goals }: Report,
  { names: [ours, theirs], pairs, peer }: {
    names: readonly [string, string | undefined];
    pairs: number;
    /** Whether the other is QEMU, for which the goals are. */
    peer: boolean;
  },
): string {
  const head = theirs === undefined
    ? ["", "", ours, ""]
    : ["", "", ours, theirs, "ratio", "range"];
  const parts = [
    `Medians of ${pairs}; ratios above 1 mean that ${ours} is faster`,
    table([head, ...rows.map(rowCells)]),
  ];
  if (peer && goals.length > 0) {
    parts.push(table([
      ["geometric means", "ratio", "least", "aim", ""],
      ...goals.map((goal) => [
        goal.name,
        goal.value.toFixed(2),
        String(goal.least),
        String(goal.aim),
        verdict(goal),
      ]),
    ]));
  } else if (theirs !== undefined) {
    const slow = rows.filter(({ name, ratios }) =>
      name !== "memory" && ratios.length > 0 && median(ratios) < SLOWEST
    );
    parts.push(
      slow.length === 0
        ? `Nothing is more than 20 % slower than with ${theirs}`
        : `More than 20 % slower than with ${theirs}: ` +
          slow.map(({ name, order }) => `${name} (${order})`).join(", "),
    );
  }
  return parts.join("\n\n");
}
