/**
 * Mode parameters of a disk. None of them can be changed (SPC-4, 7.5).
 *
 * @module
 */
import { SECTOR_BYTES } from "../blk/backend.ts";

/** Pages by their code, each with its length after the first two bytes. */
const PAGES: ReadonlyMap<number, { length: number; set: [number, number][] }> =
  new Map([
    // Caching (SBC-3, 6.5.5): WCE, a write may wait in the host's memory.
    [0x08, { length: 18, set: [[2, 0x04]] }],
    // Control (SPC-4, 7.5.8): as all zeros have it.
    [0x0a, { length: 10, set: [] }],
  ]);

const ALL_PAGES = 0x3f;

const ALL_SUBPAGES = 0xff;

/** What MODE SENSE asks for. */
export interface ModeQuestion {
  readonly form: 6 | 10;
  readonly page: number;
  readonly subpage: number;
  /** Whether it is the mask of what can be changed that is asked for. */
  readonly changeable: boolean;
  readonly withDescriptor: boolean;
}

/** What it asks about. */
export interface ModeSubject {
  readonly blocks: number;
  readonly readonly: boolean;
}

/** MODE SENSE data; undefined for a page that there is not. */
export function modeSense(
  question: ModeQuestion,
  disk: ModeSubject,
): Uint8Array | undefined {
  const { page, subpage, changeable } = question;
  if (subpage !== 0 && subpage !== ALL_SUBPAGES) return undefined;
  const codes = page === ALL_PAGES ? [...PAGES.keys()] : [page];
  const pages: number[] = [];
  for (const code of codes) {
    const found = PAGES.get(code);
    if (found === undefined) return undefined;
    const bytes = new Uint8Array(2 + found.length);
    bytes[0] = code;
    bytes[1] = found.length;
    for (const [at, value] of changeable ? [] : found.set) bytes[at] = value;
    pages.push(...bytes);
  }
  return withHeader(pages, question, disk);
}

function withHeader(
  pages: readonly number[],
  { form, withDescriptor }: ModeQuestion,
  { blocks, readonly }: ModeSubject,
): Uint8Array {
  const descriptor = withDescriptor ? blockDescriptor(blocks) : [];
  const header = form === 6 ? 4 : 8;
  const data = new Uint8Array(header + descriptor.length + pages.length);
  const flags = 0x10 | (readonly ? 0x80 : 0); // DPOFUA, WP
  if (form === 6) {
    data.set([data.length - 1, 0, flags, descriptor.length]);
  } else {
    new DataView(data.buffer).setUint16(0, data.length - 2);
    data[3] = flags;
    data[7] = descriptor.length;
  }
  data.set([...descriptor, ...pages], header);
  return data;
}

/** Short form (SBC-3, 6.5.2.2): a number that does not fit is all ones. */
function blockDescriptor(blocks: number): number[] {
  const fields = new DataView(new ArrayBuffer(8));
  fields.setUint32(0, Math.min(blocks, 0xffff_ffff));
  fields.setUint32(4, SECTOR_BYTES); // of which the highest byte is reserved
  return [...new Uint8Array(fields.buffer)];
}
