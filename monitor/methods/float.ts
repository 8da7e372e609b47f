import * as z from "zod";
import { method } from "../table.ts";
import { count, nothing } from "./_parts.ts";

/** Whether floating-point instructions are counted. */
export const countFloat = method({
  name: "count-float",
  summary: "Start or stop counting floating-point instructions",
  params: z.strictObject({
    on: z.boolean().describe(
      "Whether to count, which is slow; the counts go on from before",
    ),
  }),
  result: nothing,
  when: "any",
  example: { params: { on: true }, result: {} },
});

/** How they were carried out. */
export const queryFloat = method({
  name: "query-float",
  summary: "Counts of floating-point instructions and of slow ones",
  params: nothing,
  result: z.strictObject({
    counting: z.boolean(),
    instructions: count.describe(
      "Arithmetic, conversions and comparisons, of all vCPUs",
    ),
    long: count.describe(
      "Those computed in integers throughout, as the host's own arithmetic " +
        "would not have given the book's result or exceptions",
    ),
  }),
  when: "any",
  example: {
    params: {},
    result: { counting: true, instructions: 1_000_000, long: 12_345 },
  },
});
