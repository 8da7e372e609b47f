import * as z from "zod";
import { ERRORS } from "./errors.ts";
import { EVENTS } from "./events.ts";
import { METHODS } from "./methods/mod.ts";
import type { AnyMethod } from "./table.ts";
import { VERSION } from "./version.ts";

/** A JSON Schema, as plain data. */
export type JsonSchema = Record<string, unknown>;

/** What OpenRPC calls a content descriptor. */
export interface ContentDescriptor {
  /** Name of the parameter or result. */
  name: string;
  /** Whether it must be there. */
  required: boolean;
  /** Its schema. */
  schema: JsonSchema;
}

/** A method in an OpenRPC document, as far as Janus fills it in. */
export interface OpenRpcMethod {
  [member: string]: unknown;
  /** Name on the wire. */
  name: string;
  /** One sentence. */
  summary: string;
  /** Parameters, required ones first. */
  params: ContentDescriptor[];
  /** How parameters may be given. */
  paramStructure: "either";
  /** The result. */
  result: ContentDescriptor;
  /** One call and its answer. */
  examples: unknown[];
}

/** An OpenRPC document, as far as Janus fills it in. */
export interface OpenRpcDocument {
  [member: string]: unknown;
  /** Version of the OpenRPC specification. */
  openrpc: string;
  /** What is described. */
  info: { title: string; version: string; description: string };
  /** Every method. */
  methods: OpenRpcMethod[];
  /** What methods refer to. */
  components: { schemas: Record<string, JsonSchema> };
}

let document: OpenRpcDocument | undefined;

/** The table as an OpenRPC 1.3.2 document (spec.open-rpc.org). */
export function openRpcDocument(): OpenRpcDocument {
  return document ??= makeDocument();
}

function makeDocument(): OpenRpcDocument {
  const schemas: Record<string, JsonSchema> = {};
  return {
    openrpc: "1.3.2",
    info: {
      title: "Janus monitor",
      version: VERSION,
      description:
        "Events are notifications of the method event, with params {name, data, at}.",
    },
    methods: METHODS.map((method) => describeMethod(method, schemas)),
    components: { schemas },
    "x-errors": Object.values(ERRORS),
    "x-events": Object.entries(EVENTS).map(([name, { summary, data }]) => ({
      name,
      summary,
      data: toSchema(data, { io: "output", schemas }),
    })),
  };
}

function describeMethod(
  method: AnyMethod,
  schemas: Record<string, JsonSchema>,
): OpenRpcMethod {
  const { name, summary, example } = method;
  const names = Object.keys(method.params.shape);
  const given: Record<string, unknown> = example.params;
  return {
    name,
    summary,
    params: describeParams(method, schemas),
    paramStructure: "either",
    result: {
      name: "result",
      required: true,
      schema: toSchema(method.result, { io: "output", schemas }),
    },
    examples: [{
      name: "example",
      params: names.filter((name) => name in given).map((name) => ({
        name,
        value: given[name],
      })),
      result: { name: "result", value: example.result },
    }],
    "x-when": method.when,
    "x-home": method.home,
  };
}

/** The parameters of a method, each with its own schema. */
export function describeParams(
  method: AnyMethod,
  schemas: Record<string, JsonSchema>,
): ContentDescriptor[] {
  const whole = toSchema(method.params, { io: "input", schemas });
  const properties = whole.properties as Record<string, JsonSchema>;
  const required = (whole.required ?? []) as string[];
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema,
  }));
}

/**
 * Makes a JSON Schema whose shared parts, those with an id, are put into
 * `schemas` and referred to there: a reference inside an OpenRPC document
 * counts from that document's root.
 */
export function toSchema(
  type: z.ZodType,
  options: { io: "input" | "output"; schemas: Record<string, JsonSchema> },
): JsonSchema {
  const { $schema: _, $defs, ...schema } = z.toJSONSchema(type, {
    io: options.io,
  }) as JsonSchema;
  for (const [name, shared] of Object.entries($defs ?? {})) {
    // zod repeats the name inside, where it would be read as a base address.
    const { id: _, ...rest } = shared as JsonSchema;
    options.schemas[name] = moveReferences(rest) as JsonSchema;
  }
  return moveReferences(schema) as JsonSchema;
}

function moveReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moveReferences);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === "$ref"
        ? String(member).replace("#/$defs/", "#/components/schemas/")
        : moveReferences(member),
    ]),
  );
}
