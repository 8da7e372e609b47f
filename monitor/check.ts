import * as z from "zod";
import type { MonitorEvent } from "./backend.ts";
import { MonitorError } from "./errors.ts";
import { EVENTS } from "./events.ts";
import { instant } from "./methods/_parts.ts";
import type { AnyMethod, RunState } from "./table.ts";

/** One fault of a value against its schema, fit for `error.data.issues`. */
export interface Issue {
  /** Where: the keys down to the faulty member joined by dots, "" for the whole. */
  path: string;
  /** What is wrong. */
  message: string;
}

const MAX_ISSUES = 16;

/** Puts zod's issues into their short form, the first few of them. */
export function describeIssues(error: z.ZodError): Issue[] {
  return error.issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    path: path.join("."),
    message,
  }));
}

/**
 * Checks the parameters of a call and fills in defaults.
 *
 * Parameters by position (JSON-RPC 2.0 section 4.2) belong to the schema's
 * members in their order.
 *
 * @throws {MonitorError} Invalid params, with the issues as data
 */
export function checkParams(method: AnyMethod, params: unknown): unknown {
  const checked = method.params.safeParse(
    Array.isArray(params) ? nameParams(method, params) : params ?? {},
  );
  if (checked.success) return checked.data;
  throw MonitorError.of("invalidParams", {
    data: { issues: describeIssues(checked.error) },
  });
}

function nameParams(method: AnyMethod, values: unknown[]): unknown {
  const names = Object.keys(method.params.shape);
  if (values.length > names.length) {
    const message = `Too many parameters: ${values.length} of ${names.length}`;
    throw MonitorError.of("invalidParams", {
      data: { issues: [{ path: "", message }] },
    });
  }
  return Object.fromEntries(values.map((value, i) => [names[i], value]));
}

/**
 * Checks a result, in tests and in the server's debug mode.
 *
 * @throws {TypeError} When the machine answered what the table does not say
 */
export function checkResult(method: AnyMethod, result: unknown): void {
  const checked = method.result.safeParse(result);
  if (checked.success) return;
  throw new TypeError(
    `Cannot answer ${method.name}: ${joinIssues(checked.error)}`,
  );
}

/**
 * Checks an event, where {@linkcode checkResult} checks results.
 *
 * @throws {TypeError} When the machine told of what its table does not say
 */
export function checkEvent(event: MonitorEvent): void {
  const description = Object.hasOwn(EVENTS, event.name)
    ? EVENTS[event.name as keyof typeof EVENTS]
    : undefined;
  if (description === undefined) {
    throw new TypeError(`Cannot tell of an unknown event: ${event.name}`);
  }
  const checked = z.strictObject({
    name: z.string(),
    data: description.data,
    at: instant,
  }).safeParse(event);
  if (checked.success) return;
  throw new TypeError(
    `Cannot tell of ${event.name}: ${joinIssues(checked.error)}`,
  );
}

function joinIssues(error: z.ZodError): string {
  return describeIssues(error).map(({ path, message }) =>
    `${path || "it"}: ${message}`
  ).join("; ");
}

/**
 * Checks that a method may be called in the machine's state.
 *
 * @throws {MonitorError} Invalid state
 */
export function checkState(method: AnyMethod, state: RunState): void {
  if (method.when === "any" || method.when.includes(state)) return;
  throw MonitorError.of("invalidState", {
    message: `Cannot ${method.name}: machine is ${state}`,
    data: { state, when: method.when },
  });
}
