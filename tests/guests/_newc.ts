/** Reads newc archives back, independently of the writer under test. */

/** One entry as it lies in the archive. */
export interface NewcEntry {
  path: string;
  inode: number;
  mode: number;
  links: number;
  device: [major: number, minor: number];
  data: Uint8Array<ArrayBuffer>;
}

/** Parses an archive up to its trailer, which is not returned. */
export function parseNewc(archive: Uint8Array<ArrayBuffer>): NewcEntry[] {
  const text = new TextDecoder("latin1");
  const entries: NewcEntry[] = [];
  for (let offset = 0; offset < archive.length;) {
    const header = text.decode(archive.subarray(offset, offset + 110));
    if (!header.startsWith("070701")) {
      throw new SyntaxError(`Cannot parse archive: no entry at ${offset}`);
    }
    const [size, pathSize] = [field(header, 6), field(header, 11)];
    const pathEnd = offset + 110 + pathSize;
    const path = text.decode(archive.subarray(offset + 110, pathEnd - 1));
    if (path === "TRAILER!!!") return entries;
    const start = (pathEnd + 3) & ~3;
    entries.push({
      path,
      inode: field(header, 0),
      mode: field(header, 1),
      links: field(header, 4),
      device: [field(header, 9), field(header, 10)],
      data: archive.slice(start, start + size),
    });
    offset = (start + size + 3) & ~3;
  }
  throw new SyntaxError("Cannot parse archive: no trailer");
}

/** The n-th of the header's hexadecimal fields, from 0. */
function field(header: string, index: number): number {
  return parseInt(header.slice(6 + 8 * index, 14 + 8 * index), 16);
}
