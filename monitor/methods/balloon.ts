import * as z from "zod";
import { method } from "../table.ts";

const device = z.string().max(64).optional().describe(
  "Name of the balloon; the first one if absent",
);
const bytes = z.int().min(0);

/** How much memory a guest has left. */
export const queryBalloon = method({
  name: "query-balloon",
  summary: "Memory of a guest beside its balloon, with statistics",
  params: z.strictObject({ device }),
  result: z.strictObject({
    device: z.string(),
    actual: bytes.describe("Bytes that the guest has now, as QEMU counts"),
    target: bytes.describe("Bytes that it was asked to make do with"),
    pending: z.boolean().describe("Whether balloon-poll waits for the guest"),
    stats: z.record(z.string(), z.number()).nullable().describe(
      "The guest's last report, by QEMU's names; null: none yet",
    ),
  }),
  when: "any",
  example: {
    params: { device: "balloon0" },
    result: {
      device: "balloon0",
      actual: 536870912,
      target: 536870912,
      pending: false,
      stats: { "stat-free-memory": 495124480, "stat-total-memory": 505479168 },
    },
  },
});

/** Asks the guest for memory, or gives it back. */
export const balloon = method({
  name: "balloon",
  summary: "Ask the guest to make do with so many bytes",
  params: z.strictObject({
    value: bytes.describe(
      "What the guest is to have; rounded up to pages of 4096. What it gives " +
        "is emptied, but stays with this process: Deno cannot give parts of " +
        "a memory back to the host",
    ),
    device,
  }),
  result: z.strictObject({}),
  when: "any",
  example: { params: { value: 402653184 }, result: {} },
});

/** Asks the guest for statistics. */
export const balloonPoll = method({
  name: "balloon-poll",
  summary: "Ask the guest for statistics that query-balloon shows",
  params: z.strictObject({ device }),
  result: z.strictObject({
    asked: z.boolean().describe(
      "false: it has not answered the last time, or reports none",
    ),
  }),
  when: "any",
  example: { params: {}, result: { asked: true } },
});
