import config from "../deno.json" with { type: "json" };
import type { MethodResult } from "./methods/mod.ts";

/** The version of this program (semver.org). */
export const VERSION: string = config.version;

/** What `query-version` answers. */
export function describeVersion(): MethodResult<"query-version"> {
  const { deno, v8 } = Deno.version;
  return { name: "janus", version: VERSION, deno, v8 };
}
