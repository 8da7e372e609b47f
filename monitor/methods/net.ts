import * as z from "zod";
import { method } from "../table.ts";
import { count, nothing } from "./_parts.ts";

const port = z.int().min(0).max(65535);

const forward = z.strictObject({
  protocol: z.enum(["tcp", "udp"]),
  hostAddress: z.string().describe("Where the host listens"),
  hostPort: port,
  guestPort: port,
  listening: z.boolean(),
});

const card = z.strictObject({
  device: z.string().describe("Name of the device"),
  mac: z.string().describe("Address of the interface, as the driver has it"),
  link: z.boolean().describe("Whether the cable is in"),
  backend: z.literal("user"),
  restrict: z.boolean().describe("Whether nothing leaves the network"),
  forwards: z.array(forward),
  connections: count.describe("TCP connections that there are"),
  flows: count.describe("Pairs of places that exchange datagrams"),
  drops: z.strictObject({
    card: z.record(z.string(), count).describe("Frames, by the reason"),
    network: z.record(z.string(), count).describe("Packets, by the reason"),
  }).describe("What came to nothing"),
  dumpFailed: z.exactOptional(z.string()).describe(
    "Why packets are no longer written to --net-dump",
  ),
});

/** Network cards and what is behind them. */
export const queryNet = method({
  name: "query-net",
  summary: "Network cards: forwarded ports, connections, drops",
  params: nothing,
  result: z.array(card),
  when: "any",
  example: {
    params: {},
    result: [{
      device: "net0",
      mac: "52:54:00:12:34:56",
      link: true,
      backend: "user",
      restrict: false,
      forwards: [{
        protocol: "tcp",
        hostAddress: "127.0.0.1",
        hostPort: 8080,
        guestPort: 80,
        listening: true,
      }],
      connections: 1,
      flows: 0,
      drops: { card: {}, network: { "ethernet-type": 4 } },
    }],
  },
});
