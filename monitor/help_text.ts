import type { AnyMethod } from "./table.ts";
import { describeParams } from "./openrpc.ts";
import { describeType } from "./schema_text.ts";

/** Longer names have their summary further right, so that others have room. */
const NAME_COLUMNS = 19;

/** One line a method: its name and what it does. */
export function listMethods(methods: readonly AnyMethod[]): string[] {
  const longest = Math.max(...methods.map(({ name }) => name.length));
  const width = Math.min(NAME_COLUMNS, longest);
  return methods.map(({ name, summary }) =>
    `  ${name.padEnd(width)}  ${summary}`
  );
}

/** What a method takes, when it may be called, and an example. */
export function explainMethod(method: AnyMethod): string[] {
  const params = describeParams(method, {}).map(({ name, required, schema }) =>
    `  ${name}${required ? "" : "?"}: ${describeType(schema)}`
  );
  const rule = method.params.description;
  const hasExample = Object.keys(method.example.params).length > 0;
  return [
    `${method.name}: ${method.summary}`,
    ...params,
    ...(rule === undefined ? [] : [`  ${rule}`]),
    ...(method.when === "any"
      ? []
      : [`  When the machine is ${method.when.join(" or ")}`]),
    ...(hasExample
      ? [`  Example: ${method.name} ${JSON.stringify(method.example.params)}`]
      : []),
  ];
}
