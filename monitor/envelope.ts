import * as z from "zod";
import { describeIssues } from "./check.ts";
import { MonitorError } from "./errors.ts";

/** An id as it came; a number that JavaScript would round is kept as raw text. */
export type RequestId = string | number | null | object;

/** A request object (JSON-RPC 2.0 section 4). */
export interface Request {
  /** The method's name. */
  method: string;
  /** Members by name or by position. */
  params?: Record<string, unknown> | unknown[];
  /** Absent in a notification. */
  id?: RequestId;
}

// The types that come with TypeScript do not know ECMAScript 2026's source text
// access yet.
const exactJson = JSON as unknown as {
  parse(
    text: string,
    reviver: (
      key: string,
      value: unknown,
      context: { source?: string },
    ) => unknown,
  ): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is object;
};

const id = z.union([
  z.string(),
  z.number(),
  z.null(),
  z.custom<object>(exactJson.isRawJSON),
]);

// Further members are allowed: section 4 does not forbid them.
const envelope = z.looseObject({
  jsonrpc: z.literal("2.0"),
  method: z.string(),
  params: z.union(
    [z.array(z.unknown()), z.record(z.string(), z.unknown())],
    "Invalid input: expected array or object",
  ).optional(),
  id: id.optional(),
});

/**
 * Parses the text of a message.
 *
 * Clients count ids in 64 bits, and an answer must carry the very id of its
 * request (section 5), so a number too long for JavaScript stays as written.
 *
 * @throws {MonitorError} Parse error
 */
export function parseMessage(text: string): unknown {
  try {
    if (!/\d{16}/.test(text)) return JSON.parse(text);
    return exactJson.parse(text, (key, value, { source }) => {
      const rounded = key === "id" && typeof value === "number" &&
        source !== undefined && String(value) !== source;
      return rounded ? exactJson.rawJSON(source) : value;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw MonitorError.of("parse", { data: { reason } });
  }
}

/**
 * Checks that a parsed message is a request object.
 *
 * @throws {MonitorError} Invalid request, with the issues as data
 */
export function checkRequest(value: unknown): Request {
  const checked = envelope.safeParse(value);
  // The value itself rather than zod's copy of it: nothing was converted.
  if (checked.success) return value as Request;
  throw MonitorError.of("invalidRequest", {
    data: { issues: describeIssues(checked.error) },
  });
}

/** The id to answer with: null where none can be made out (section 5). */
export function detectId(value: unknown): RequestId {
  if (typeof value !== "object" || value === null) return null;
  const detected = id.safeParse((value as { id?: unknown }).id);
  return detected.success ? detected.data : null;
}
