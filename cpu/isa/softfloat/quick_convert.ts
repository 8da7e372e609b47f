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
import { conclude, enterInteger, enterScalar, FPSCR } from "./fpscr.ts";

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

/** Integral numbers by rounding that the host has too. */
const WAYS = { zero: "trunc", up: "ceil", down: "floor" } as const;

type Way = keyof typeof WAYS;

function round(m: Ops, b: Value, mode: IntegerMode): Value {
  const result = roundToInteger(m, b, { mode });
  enterScalar(m, result, FORMAT.double);
  return result;
}

/** By mode: the effect on FPSCR. */
const ENTER_ROUNDED = new Map<IntegerMode, Subroutine>(
  (Object.keys(WAYS) as Way[]).map((mode) => [
    mode,
    deferrable(
      subroutine(`float_enter_integral_${mode}`, 1, (m, b) => {
        round(m, b, mode);
        return m.const(0);
      }),
    ),
  ]),
);

/** The integral number beside b, which is no inexact result (friz, xsrdpiz). */
export function roundIntoInteger(
  m: Ops,
  { b, mode }: { b: Value; mode: IntegerMode },
  { write, rc }: Target,
): void {
  function long(): void {
    const result = round(m, b, mode);
    conclude(m, () => write(result), rc);
  }
  const enter = ENTER_ROUNDED.get(mode);
  if (!enter) return long();
  unlessRecorded(m, rc, long, (host) =>
    m.deferFloat({
      enter,
      operands: [b],
      short() {
        const result = host.round(WAYS[mode as Way], b);
        return {
          // Neither infinite nor a NaN.
          likely: isBelow(m, b, 1024),
          write: () => write(result),
        };
      },
      long,
    }));
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

/** What a conversion to an integer is asked for. */
export interface Conversion {
  readonly to: IntegerName;
  readonly mode: "RN" | "zero";
  /**
   * What becomes of FPRF where the number does not fit, which is undefined:
   * it stays, or tells of a NaN.
   */
  readonly misfit: "FPRF stays" | "FPRF is a NaN's";
}

/** The integer, with all that FPSCR is told of it. */
function convert(m: Ops, b: Value, { to, mode, misfit }: Conversion): Value {
  const fprf = m.and(m.reg("FPSCR"), m.const(FPSCR.FPRF));
  const integer = toInteger(m, b, { ...INTEGERS[to], mode });
  enterInteger(m);
  if (misfit === "FPRF stays") {
    const others = m.and(m.reg("FPSCR"), m.const(~FPSCR.FPRF));
    m.setReg("FPSCR", m.or(others, fprf));
  }
  return integer;
}

/** By format, mode and what becomes of a misfit: the effect on FPSCR. */
const ENTER = new Map(
  (Object.keys(INTEGERS) as IntegerName[]).flatMap((to) =>
    ([
      { to, mode: "RN", misfit: "FPRF is a NaN's" },
      { to, mode: "zero", misfit: "FPRF is a NaN's" },
      { to, mode: "zero", misfit: "FPRF stays" },
    ] as const).map((conversion) =>
      [
        nameOf(conversion),
        deferrable(subroutine(nameOf(conversion), 1, (m, b) => {
          convert(m, b, conversion);
          return m.const(0);
        })),
      ] as const
    )
  ),
);

function nameOf({ to, mode, misfit }: Conversion): string {
  return `float_enter_${to}_${mode}_${misfit === "FPRF stays" ? "vsx" : "fp"}`;
}

/** The number as an integer; `shape` makes of it what the register holds. */
export function convertToInteger(
  m: Ops,
  { b, shape = (integer) => integer, ...conversion }: Conversion & {
    b: Value;
    shape?: (integer: Value) => Value;
  },
  { write, rc }: Target,
): void {
  const { to, mode } = conversion;
  const enter = ENTER.get(nameOf(conversion));
  const { bytes, signed } = INTEGERS[to];
  function long(): void {
    const result = shape(convert(m, b, conversion));
    conclude(m, () => write(result), rc);
  }
  if (!enter) return long();
  unlessRecorded(m, rc, long, (host) =>
    m.deferFloat({
      enter,
      operands: [b],
      keepsClass: true,
      short() {
        // RN is 0 here; the bound leaves room for rounding.
        const integer = host.toInteger(
          mode === "RN" ? host.round("nearest", b) : b,
        );
        const fits = isBelow(m, b, 8 * bytes - 2);
        return {
          likely: signed ? fits : m.both(fits, m.leSigned(m.const(0), b)),
          write: () => write(shape(integer)),
        };
      },
      long,
    }));
}
