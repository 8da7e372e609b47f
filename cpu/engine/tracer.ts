/**
 * What an instruction touches, found by running its meaning on an abstract
 * machine that only takes notes.
 *
 * @module
 */
import { extractField } from "../isa/forms.ts";
import type { Field, Ops } from "../isa/ops.ts";
import type { Instruction } from "../isa/row.ts";
import type { Subroutine } from "../isa/subroutine.ts";

/**
 * What a meaning may do on any of its paths.
 *
 * Registers are named as the meaning names them: `CTR`; `GPR[RA]` by field,
 * `GPR[RA|0]` where register 0 stands for zero; `CR[0]` and `CR[BF]` for
 * fields, `CR{BI}` for bits, `CR` for all; `GPR[*]` where the number is
 * computed. MSR is listed where the meaning asks for a mode by itself, not
 * where an operation (`ea`, `record`) depends on one.
 */
export interface Trace {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
  /** Reads storage: it may raise what a load raises. */
  readonly loads: boolean;
  /** Writes storage or asks whether it could. */
  readonly stores: boolean;
  /** May continue elsewhere than behind itself, interrupts aside. */
  readonly jumps: boolean;
  /** Interrupts that it raises by itself: "program(illegal)", "alignment". */
  readonly raises: ReadonlySet<string>;
  /** Reasons for which it leaves the engine. */
  readonly exits: ReadonlySet<string>;
  /**
   * Registers written on a path that may raise an interrupt later: exact
   * interrupts want none. Enabled floating-point exceptions do not count, as
   * they follow the results.
   */
  readonly early: ReadonlySet<string>;
}

/** How much of the instruction is known. */
export interface TraceOptions {
  /**
   * The instruction word: one-bit and fixed fields then have its values, and
   * only the paths that it can take are noted. Without it, all are.
   */
  readonly word?: number;
}

interface Notes {
  readonly reads: Set<string>;
  readonly writes: Set<string>;
  loads: boolean;
  stores: boolean;
  jumps: boolean;
  readonly raises: Set<string>;
  readonly exits: Set<string>;
  readonly early: Set<string>;
}

/** A value that an unknown fixed field was given on the current path. */
interface Choice {
  readonly name: string;
  value: number;
  readonly count: number;
}

/** More paths than any row has: BO and a bit or two, or SPR. */
const MAX_PATHS = 8192;

/**
 * Traces a row.
 *
 * @throws {TypeError} where the meaning wants to know a field that is neither
 * one bit wide nor listed as fixed.
 */
export function trace(insn: Instruction, { word }: TraceOptions = {}): Trace {
  const notes: Notes = {
    reads: new Set(),
    writes: new Set(),
    loads: false,
    stores: false,
    jumps: false,
    raises: new Set(),
    exits: new Set(),
    early: new Set(),
  };
  const fields = Object.fromEntries(
    [...insn.fields.keys()].map((name) => [name, name as unknown as Field]),
  );
  const choices: Choice[] = [];
  let paths = 0;
  do {
    if (++paths > MAX_PATHS) {
      throw new RangeError(`Cannot trace ${insn.name}: too many paths`);
    }
    const known = new Map(choices.map(({ name, value }) => [name, value]));
    const decide = function decide(name: string): number {
      const field = insn.fields.get(name);
      if (!field) {
        throw new TypeError(`Cannot trace ${insn.name}: no field ${name}`);
      }
      if (field.width !== 1 && !insn.options.fixed?.includes(name)) {
        throw new TypeError(
          `Cannot trace ${insn.name}: field is not fixed: ${name}`,
        );
      }
      if (word !== undefined) return extractField(field, word);
      let value = known.get(name);
      if (value === undefined) {
        value = 0;
        known.set(name, value);
        choices.push({ name, value, count: 1 << field.width });
      }
      return value;
    };
    insn.execute(notingMachine(notes, decide), fields);
  } while (advance(choices));
  return notes;
}

/** Turns to the next path, deepest choice first; false when all are done. */
function advance(choices: Choice[]): boolean {
  for (let last = choices.at(-1); last; last = choices.at(-1)) {
    if (++last.value < last.count) return true;
    choices.pop();
  }
  return false;
}

type Operation = (...args: never[]) => unknown;

/** Stands for every value, condition, vector and variable. */
const ANYTHING = Object.freeze({});

/**
 * Operations without an entry here touch nothing by themselves: they run the
 * closures that they were given and return a value.
 */
function notingMachine(
  notes: Notes,
  decide: (name: string) => number,
): Ops {
  /** What the current path has written. */
  let written: ReadonlySet<string> = new Set();

  function read(what: string) {
    notes.reads.add(what);
    return ANYTHING;
  }
  function write(what: string) {
    notes.writes.add(what);
    written = new Set(written).add(what);
  }
  function mayFault() {
    for (const what of written) notes.early.add(what);
  }
  function load() {
    mayFault();
    notes.loads = true;
    return ANYTHING;
  }
  function store() {
    mayFault();
    notes.stores = true;
    return ANYTHING;
  }
  function jump() {
    notes.jumps = true;
  }
  function mayRaise(what: string) {
    if (what !== "program(floatingPoint)") mayFault();
    notes.raises.add(what);
  }
  /** Raises without a condition: the path ends. */
  function raise(what: string) {
    mayRaise(what);
    written = new Set();
  }
  function branch(_c: unknown, then: () => void, otherwise?: () => void) {
    const before = written;
    then();
    const after = written;
    written = before;
    otherwise?.();
    written = written.union(after);
  }
  function choose(name: string, then: () => void, otherwise?: () => void) {
    if (decide(name) !== 0) then();
    else otherwise?.();
  }

  const operations: Record<string, Operation> = {
    when: choose,
    if: branch,
    fixed: decide,
    gpr: (f: string) => read(`GPR[${f}]`),
    gprOrZero: (f: string) => read(`GPR[${f}|0]`),
    setGpr: (f: string) => write(`GPR[${f}]`),
    gprNumber: () => read("GPR[*]"),
    setGprNumber: () => write("GPR[*]"),
    fpr: (f: string) => read(`FPR[${f}]`),
    setFpr: (f: string) => write(`FPR[${f}]`),
    setUpper: (f: string) => write(`FPR[${f}]`),
    fprNumber: () => read("FPR[*]"),
    setFprNumber: () => write("FPR[*]"),
    vsr: (f: string) => read(`VSR[${f}]`),
    setVsr: (f: string) => write(`VSR[${f}]`),
    vr: (f: string) => read(`VR[${f}]`),
    setVr: (f: string) => write(`VR[${f}]`),
    vsrNumber: () => read("VSR[*]"),
    setVsrNumber: () => write("VSR[*]"),
    reg: (name: string) => read(name),
    setReg: (name: string) => write(name),
    regAt: (name: string) => read(`${name}[*]`),
    setRegAt: (name: string) => write(`${name}[*]`),
    crField: (f: string | number) => read(`CR[${f}]`),
    setCrField: (f: string | number) => write(`CR[${f}]`),
    crBit: (f: string) => read(`CR{${f}}`),
    setCrBit: (f: string) => write(`CR{${f}}`),
    cr: () => read("CR"),
    setCr: () => write("CR"),
    record: () => (read("SO"), write("CR[0]")),
    compare: (f: string | number) => (read("SO"), write(`CR[${f}]`)),
    littleEndian: () => read("MSR"),
    sixtyFour: () => read("MSR"),
    problemState: () => read("MSR"),
    hypervisorState: () => read("MSR"),
    call: (subroutine: Subroutine, ...args: never[]) =>
      subroutine.body(machine, ...args),
    load,
    store,
    loadReversed: load,
    storeReversed: store,
    loadQuadword: load,
    storeQuadword: store,
    loadReserve: load,
    storeConditional: store,
    loadReserveQuadword: load,
    storeConditionalQuadword: store,
    readModifyWrite: (
      _bytes: number,
      _ea: unknown,
      update: (old: unknown) => unknown,
    ) => (load(), store(), update(ANYTHING), ANYTHING),
    probe: (_ea: unknown, access: "load" | "store") =>
      access === "load" ? load() : store(),
    requireMemory: (_ea: unknown, access: "load" | "store") =>
      access === "load" ? load() : store(),
    zeroBlock: store,
    invalidateInstructions: load,
    jump,
    jumpRelative: jump,
    setMsrAndJump: () => (write("MSR"), jump()),
    raise: (interrupt: string) => raise(interrupt),
    program: (cause: string) => raise(`program(${cause})`),
    privileged: () => (read("MSR"), mayRaise("program(privileged)")),
    hypervisor: () => (read("MSR"), mayRaise("program(privileged)")),
    require: (facility: string) => (
      read("MSR"), mayRaise(UNAVAILABLE[facility] ?? facility)
    ),
    requireFacility: () => (read("FSCR"), mayRaise("facilityUnavailable")),
    exit: (reason: string) => (notes.exits.add(reason), undefined),
    decrementer: (which: string) => read(`${which}_EXPIRY`),
    setDecrementer: (which: string) => write(`${which}_EXPIRY`),
    deferFloat: ({ long }: { long: () => void }) => long(),
    deferComparison: ({ long }: { long: () => void }) => long(),
    elements: (bytes: number, make: (index: number) => unknown) => {
      for (let index = 0; index < 16 / bytes; index++) make(index);
      return ANYTHING;
    },
  };

  const machine = new Proxy({}, {
    get(_target, name) {
      if (name === "host") return undefined;
      return operations[String(name)] ?? runClosures;
    },
  }) as Ops;
  return machine;
}

const UNAVAILABLE: Readonly<Record<string, string>> = {
  FP: "fpUnavailable",
  VEC: "vectorUnavailable",
  VSX: "vsxUnavailable",
};

function runClosures(...args: unknown[]) {
  for (const arg of args) if (typeof arg === "function") arg(ANYTHING);
  return ANYTHING;
}
