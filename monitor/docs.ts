import { ERRORS } from "./errors.ts";
import { EVENTS } from "./events.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { METHODS } from "./methods/mod.ts";
import { describeParams, type JsonSchema, toSchema } from "./openrpc.ts";
import { describeMembers, describeType } from "./schema_text.ts";
import type { AnyMethod } from "./table.ts";

const INTRODUCTION = `# The monitor

<!-- Made by \`deno task docs\` from monitor/methods/, do not edit. -->

The monitor speaks JSON-RPC 2.0 (jsonrpc.org/specification): a stream of JSON
values in, no newline needed; one object or batch per line out. Over WebSocket a
frame is a message. Requests of a batch are carried out in order; requests that
are sent apart may overlap. Parameters go by name or by position.

Numbers wider than 53 bits are hex strings, \`"0x…"\`. Bit and field names are
those of the Power ISA.

| address | who may connect |
|---|---|
| \`unix:PATH\` | the owner of the process (mode 0600) |
| \`tcp:127.0.0.1:PORT\` | everybody on this machine |
| \`tcp:HOST:PORT\` | with token (\`--monitor-token-file\`) and TLS (\`--monitor-cert\`, \`--monitor-key\`) only |
| \`ws:127.0.0.1:PORT\` | programs on this machine; no web page, unless its origin was allowed |
| \`stdio\` | whoever started the process |

From a shell, with the address that \`--monitor\` was given:

\`\`\`sh
deno task monitor unix:m.sock query-status
deno task monitor unix:m.sock memory-read '{"address":"0x100","length":16}'
deno task monitor unix:m.sock --events LPCR_CHANGE,HCALL --hcalls H_SET_MODE
deno task monitor --help
\`\`\`

A connection whose first byte cannot begin JSON is closed without a word. Bytes
that are no JSON later on are answered by -32700, and reading goes on with the
next line; after ${DEFAULT_LIMITS.nonsense} such answers in a row the connection is closed. A message of
more than ${
  mebi(DEFAULT_LIMITS.messageBytes)
} bytes is answered by -32005, and the connection is closed. A
client may have ${DEFAULT_LIMITS.inFlight} requests under way; further ones wait unread. A batch has at
most ${DEFAULT_LIMITS.batch} requests. Events that a client is too slow for are dropped and
counted (DROPPED); a client that leaves ${
  mebi(DEFAULT_LIMITS.outgoing)
} characters of answers unread, or
takes nothing for ${
  DEFAULT_LIMITS.stall / 1000
} seconds, is sent away. The guest never waits for a client.
`;

function mebi(count: number): string {
  return `${count / (1 << 20)} Mi`;
}

/** The text of `docs/monitor.md`. */
export function makeDocs(): string {
  const schemas: Record<string, JsonSchema> = {};
  return [
    INTRODUCTION,
    "## Methods\n",
    ...METHODS.map((method) => methodSection(method, schemas)),
    "## Events\n",
    "An event is a notification: `" +
    `{"jsonrpc":"2.0","method":"event","params":{"name":"STOP","data":{},"at":{"instructions":"0x1e240","seconds":0.25}}}` +
    "`.\n",
    ...Object.entries(EVENTS).map(([name, { summary, data }]) =>
      `- **${name}**: ${summary}.${
        members(toSchema(data, { io: "output", schemas }))
      }`
    ),
    "\n## Errors\n",
    "| code | message | when |\n|---|---|---|",
    ...Object.values(ERRORS).map(({ code, message, summary }) =>
      `| ${code} | ${message} | ${summary} |`
    ),
    "\n## Types\n",
    ...Object.entries(schemas).map(([name, schema]) =>
      `- **${name}**: ${schema.description ?? describeType(schema)}`
    ),
    "",
  ].join("\n");
}

function methodSection(
  method: AnyMethod,
  schemas: Record<string, JsonSchema>,
): string {
  const { name, summary, when, example } = method;
  const params = describeParams(method, schemas).map((param) =>
    `- \`${param.name}\`${param.required ? "" : "?"}: ${
      describeType(param.schema)
    }`
  );
  const rule = method.params.description;
  const call = { jsonrpc: "2.0", id: 1, method: name, params: example.params };
  const answer = { jsonrpc: "2.0", id: 1, result: example.result };
  return [
    `### \`${name}\`\n`,
    `${summary}.${
      when === "any" ? "" : ` When the machine is ${when.join(" or ")}.`
    }\n`,
    ...(params.length === 0 ? [] : [
      rule === undefined ? "Parameters:\n" : `Parameters (${rule}):\n`,
      ...params,
      "",
    ]),
    ...describeResult(toSchema(method.result, { io: "output", schemas })),
    "",
    "```json",
    JSON.stringify(call),
    JSON.stringify(answer),
    "```\n",
  ].join("\n");
}

function describeResult(schema: JsonSchema): string[] {
  const isList = schema.type === "array";
  const lines = describeMembers(isList ? schema.items as JsonSchema : schema);
  if (lines?.length === 0) return ["Result: `{}`"];
  if (lines === undefined) return [`Result: ${describeType(schema)}`];
  return [
    isList ? "Result, a list of objects:\n" : "Result:\n",
    ...lines.map((line) => `- ${line}`),
  ];
}

function members(schema: JsonSchema): string {
  const text = describeType(schema);
  return text === "{}" ? "" : ` Data: ${text}`;
}
