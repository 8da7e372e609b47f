import {
  bytes,
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  strings,
} from "../../device_tree/node.ts";
import type { TreeOptions } from "../tree_options.ts";

/** Longest error log in bytes (LoPAR 2.9, "RTAS Node Properties"). */
const ERROR_LOG_BYTES = 2048;
/** How often in a minute the guest is to call event-scan. */
const EVENT_SCANS_PER_MINUTE = 1;

/**
 * Distance of the one domain to itself, in the bytes of
 * `ibm,numa-distance-table`: a count in one cell, then a byte for each pair.
 */
const DISTANCE_TABLE = [0, 0, 0, 1, 10] as const;

/**
 * Builds `/rtas` (LoPAR 2.9, appendix B, "RTAS Node Properties"): where the
 * blob is, the calls with their tokens, the sets of hypercalls, and how to
 * read `ibm,associativity`.
 *
 * @param options The partition.
 * @returns The node.
 */
export function rtasNode(options: TreeOptions): DeviceTreeNode {
  const { hypertasFunctions, rtas, rtasTokens } = options;
  const tokens = Array.from(
    rtasTokens,
    ([name, token]) => [name, cells(token)] as const,
  );
  const onlyWith = (call: string) => rtasTokens.has(call) ? EMPTY : undefined;
  return createNode("rtas", {
    properties: {
      // Its presence tells the guest that it runs in a partition.
      "ibm,hypertas-functions": hypertasFunctions.length > 0
        ? strings(...hypertasFunctions)
        : EMPTY,
      "linux,rtas-base": cells(rtas.base),
      "linux,rtas-entry": cells(rtas.entry),
      "rtas-size": cells(rtas.size),
      "rtas-error-log-max": cells(ERROR_LOG_BYTES),
      "rtas-event-scan-rate": rtasTokens.has("event-scan")
        ? cells(EVENT_SCANS_PER_MINUTE)
        : undefined,
      "ibm,extended-os-term": onlyWith("ibm,os-term"),
      "ibm,change-msix-capable": onlyWith("ibm,change-msi"),
      "ibm,associativity-reference-points": cells(1),
      "ibm,max-associativity-domains": cells(1, 1),
      "ibm,numa-lookup-index-table": cells(1, 0),
      "ibm,numa-distance-table": bytes(DISTANCE_TABLE),
      ...Object.fromEntries(tokens),
    },
  });
}
