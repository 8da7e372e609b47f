/**
 * Conversions between numbers and integers, as instructions on scalars ask for
 * them: with a quick way for engines that leave FPSCR for later.
 *
 * @module
 */
import type { Condition, Field, HostNumbers, Ops, Value } from "../ops.ts";
import { type Subroutine, subroutine } from "../subroutine.ts";
import {
  type IntegerFormat,
  type IntegerMode,
  roundToInteger,
  toInteger,
} from "./convert.ts";
import { deferrable } from "./deferred.ts";
import { exponentOf, FORMAT } from "./format.ts";
import { conclude, enterInteger, enterScalar } from "./fpscr.ts";

/** |x| < 2^n. */
function isBelow(m: Ops, x: Value, n: number): Condition {
  return m.ltUnsigned(exponentOf(m, x), m.const(1023 + n));
}

/** Where a result goes; CR1 too, if Rc says so. */
interface Target {
  readonly write: (result: Value) => void;
  readonly rc?: Field;
}

/** Runs `defer` unless CR1 is wanted, which is made of FPSCR. */
function unlessRecorded(
  m: Ops,
  rc: Field | undefined,
  long: () => void,
  defer: (host: HostNumbers) => void,
): void {
  const { host } = m;
  if (!host) long();
  else if (rc === undefined) defer(host);
  else m.when(rc, long, () => defer(host));
}

const ENTER_CLASS: Subroutine = deferrable(
  subroutine("float_enter_integral", 1, (m, result) => {
    enterScalar(m, result, FORMAT.double);
    return m.const(0);
  }),
);

/** Integral numbers by rounding that the host has too. */
const WAYS = { zero: "trunc", up: "ceil", down: "floor" } as const;

/** The integral number beside b, which is no inexact result (friz, xsrdpiz). */
export function roundIntoInteger(
  m: Ops,
  { b, mode }: { b: Value; mode: IntegerMode },
  { write, rc }: Target,
): void {
  function long(): void {
    const result = roundToInteger(m, b, { mode });
    enterScalar(m, result, FORMAT.double);
    conclude(m, () => write(result), rc);
  }
  const way = mode in WAYS ? WAYS[mode as keyof typeof WAYS] : undefined;
  if (way === undefined) return long();
  unlessRecorded(m, rc, long, (host) => {
    const result = host.round(way, b);
    m.deferFloat({
      enter: ENTER_CLASS,
      operands: [result],
      // Neither infinite nor a NaN.
      short: () => ({
        likely: isBelow(m, b, 1024),
        write: () => write(result),
      }),
      long,
    });
  });
}

/** Integers that a number can become. */
export const INTEGERS = {
  doubleword: { bytes: 8, signed: true },
  unsignedDoubleword: { bytes: 8, signed: false },
  word: { bytes: 4, signed: true },
  unsignedWord: { bytes: 4, signed: false },
} as const satisfies Record<string, IntegerFormat>;

/** Name of an integer format. */
export type IntegerName = keyof typeof INTEGERS;

/** By format and mode: FR and FI of a conversion that is a valid one. */
const ENTER = new Map(
  (Object.keys(INTEGERS) as IntegerName[]).flatMap((name) =>
    (["RN", "zero"] as const).map((mode) =>
      [
        `${name} ${mode}`,
        deferrable(
          subroutine(`float_enter_${name}_${mode}`, 1, (m, b) => {
            toInteger(m, b, { ...INTEGERS[name], mode });
            enterInteger(m);
            return m.const(0);
          }),
        ),
      ] as const
    )
  ),
);

/**
 * The number as an integer; `shape` makes of it what the register holds, and
 * `long` is the whole instruction.
 */
export function convertToInteger(
  m: Ops,
  { b, to, mode, shape = (integer) => integer }: {
    b: Value;
    to: IntegerName;
    mode: "RN" | "zero";
    shape?: (integer: Value) => Value;
  },
  { write, rc, long }: Target & { readonly long: () => void },
): void {
  const enter = ENTER.get(`${to} ${mode}`);
  const { bytes, signed } = INTEGERS[to];
  unlessRecorded(m, rc, long, (host) =>
    m.deferFloat({
      ...enter && { enter },
      operands: [b],
      keepsClass: true,
      short() {
        // RN is 0 here; the bound leaves room for rounding.
        const integer = host.toInteger(
          mode === "RN" ? host.round("nearest", b) : b,
        );
        const bound = 8 * bytes - 2;
        const fits = isBelow(m, b, bound);
        return {
          likely: signed ? fits : m.both(fits, m.leSigned(m.const(0), b)),
          write: () => write(shape(integer)),
        };
      },
      long,
    }));
}
