/**
 * What a region's function is made of.
 *
 * @module
 */
import type { CheckedAccess } from "./checked_access.ts";
import type { Links } from "./links.ts";
import type { Region, RegionPage } from "./region.ts";
import type { RegionRuntime } from "./runtime.ts";

/** What a region's function is made of. */
export interface RegionParts {
  readonly region: Region;
  readonly runtime: RegionRuntime;
  readonly links: Links;
  /** The function (state) that enters what waits into FPSCR. */
  readonly enterStatus: number;
  readonly checked: CheckedAccess;
  readonly widePages: boolean;
  /** The function (state, word, CIA, number of the handler) → its status. */
  readonly callHandler: () => number;
  readonly pages: ReadonlyMap<number, RegionPage>;
  readonly handler: (word: number, place: number) => number;
}
