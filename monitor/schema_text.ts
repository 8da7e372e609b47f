import type { JsonSchema } from "./openrpc.ts";

/**
 * Describes each member of an object on a line of its own.
 *
 * @returns Undefined if the schema is not simply an object's
 */
export function describeMembers(schema: JsonSchema): string[] | undefined {
  if (schema.type !== "object" || schema.properties === undefined) return;
  const required = (schema.required ?? []) as string[];
  return Object.entries(schema.properties as Record<string, JsonSchema>).map(
    ([name, member]) =>
      `${name}${required.includes(name) ? "" : "?"}: ${describeType(member)}`,
  );
}

/** Describes a JSON Schema in one line, in TypeScript's manner. */
export function describeType(schema: JsonSchema): string {
  const type = bareType(schema);
  const notes = [
    range(schema),
    typeof schema.description === "string" ? schema.description : "",
    "default" in schema ? `default ${JSON.stringify(schema.default)}` : "",
  ].filter((note) => note !== "");
  return notes.length === 0 ? type : `${type} (${notes.join("; ")})`;
}

function bareType(schema: JsonSchema): string {
  if (typeof schema.$ref === "string") return schema.$ref.split("/").at(-1)!;
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) {
    return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) {
    return choices.map((choice) => describeType(choice)).join(" | ");
  }
  if (schema.type === "array") {
    const item = describeType(schema.items as JsonSchema);
    return item.includes(" ") && !item.startsWith("{")
      ? `(${item})[]`
      : `${item}[]`;
  }
  if (schema.type === "object") return objectType(schema);
  if (Array.isArray(schema.type)) return schema.type.join(" | ");
  return String(schema.type ?? "any");
}

function objectType(schema: JsonSchema): string {
  const parts = describeMembers(schema) ?? [];
  const rest = schema.additionalProperties;
  if (typeof rest === "object" && rest !== null) {
    const text = Object.keys(rest).length === 0
      ? "…"
      : `[name]: ${describeType(rest as JsonSchema)}`;
    parts.push(text);
  }
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function range(schema: JsonSchema): string {
  const bound = (value: unknown) =>
    typeof value === "number" && Number.isSafeInteger(value) &&
      Math.abs(value) < Number.MAX_SAFE_INTEGER
      ? value
      : undefined;
  const low = bound(schema.minimum);
  const high = bound(schema.maximum);
  if (low === undefined && high === undefined) return "";
  return `${low ?? ""}…${high ?? ""}`;
}
