/**
 * Storage addressing (Book III 6.7): translation, defined once over the
 * abstract machine for every engine.
 *
 * @module
 */
export { ACCESS, FAULT } from "./faults.ts";
export { HASH_PAGE_SIZES, HPTE } from "./hash_entry.ts";
export type { HashPageSize } from "./hash_entry.ts";
export { radixIsUsed, translate } from "./translate.ts";
