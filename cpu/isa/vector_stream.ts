/**
 * Data stream instructions of the first VMX processors. The book has dropped
 * them; processors still take them and do nothing, and Linux still executes
 * dssall when it switches address spaces.
 *
 * @module
 */
import { chapter, row } from "./row.ts";

function nothing(): void {}

/** Hints that have no effect. */
export const vectorStreams = chapter(
  "Book II (2.03) 3.2.3",
  "Data Stream Instructions",
  [
    row("dst RA,RB,STRM", "X_dst", [31, 342], nothing),
    row("dstt RA,RB,STRM", "X_dstt", [31, 342], nothing),
    row("dstst RA,RB,STRM", "X_dst", [31, 374], nothing),
    row("dststt RA,RB,STRM", "X_dstt", [31, 374], nothing),
    row("dss STRM", "X_dst", [31, 822], nothing),
    row("dssall", "X_dstt", [31, 822], nothing),
  ],
);
