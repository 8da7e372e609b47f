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

const COLUMNS = 80;
const INDENT = 2;
const GAP = 2;

/** What `--help` prints: lines that fit on a screen of 80 by 30. */
export function helpLines(): string[] {
  const rows = helpRows();
  const statuses = Object.entries(EXIT_STATUS).map(([name, status]) =>
    `${status} ${STATUSES[name as keyof typeof EXIT_STATUS]}`
  );
  const room = (help: string) => COLUMNS - INDENT - GAP - help.length;
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  return [
    "Usage: deno task run [OPTION ...]; on the console, Ctrl-A H shows the keys",
    ...rows.map(({ usage, help }) =>
      `  ${usage.padEnd(Math.min(width, room(help)))}  ${help}`
    ),
    `Exit status: ${statuses.join(", ")}`,
  ];
}

/** A line for each row of the table, or for several that are told together. */
function helpRows(): { usage: string; help: string }[] {
  const rows: { usage: string; help: string }[] = [];
  const together: string[] = [];
  for (const [name, { placeholder, help }] of Object.entries(OPTIONS)) {
    together.push(
      placeholder === "" ? `--${name}` : `--${name} ${placeholder}`,
    );
    if (help === "") continue;
    rows.push({ usage: together.splice(0).join(", "), help });
  }
  return rows;
}
