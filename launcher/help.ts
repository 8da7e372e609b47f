import config from "../deno.json" with { type: "json" };
import { EXIT_STATUS } from "../emulator/exit_status.ts";
import { OPTIONS } from "./options.ts";

/** What `--version` prints. */
export const VERSION_LINE = `janus ${config.version}`;

const STATUSES: Readonly<Record<keyof typeof EXIT_STATUS, string>> = {
  done: "done",
  fault: "fault",
  usage: "usage",
  timeLimit: "time limit",
  guestDied: "guest died",
  textNotSeen: "not seen",
};

/** What `--help` prints: lines that fit on a screen of 80 by 24. */
export function helpLines(): string[] {
  const rows = Object.entries(OPTIONS).map(([name, { placeholder, help }]) => ({
    usage: placeholder === "" ? `--${name}` : `--${name} ${placeholder}`,
    help,
  }));
  const statuses = Object.entries(EXIT_STATUS).map(([name, status]) =>
    `${status} ${STATUSES[name as keyof typeof EXIT_STATUS]}`
  );
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  return [
    "Usage: deno task run [OPTION ...]; on the console, Ctrl-A H shows the keys",
    ...rows.map(({ usage, help }) => `  ${usage.padEnd(width)}  ${help}`),
    `Exit status: ${statuses.join(", ")}`,
  ];
}
