import { MonitorError } from "./errors.ts";
import type { Issue } from "./check.ts";

/** An error as lines for a person: its message, then each issue. */
export function describeError(error: unknown): string[] {
  if (!(error instanceof MonitorError)) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const details = error.data as { issues?: Issue[]; reason?: string } | null;
  const issues = Array.isArray(details?.issues) ? details.issues : [];
  const reason = details?.reason === undefined ? "" : `: ${details.reason}`;
  return [
    `${error.message}${reason}`,
    ...issues.map(({ path, message }) =>
      path === "" ? `  ${message}` : `  ${path}: ${message}`
    ),
  ];
}
