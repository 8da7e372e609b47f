/**
 * The file that packets are written to.
 *
 * @module
 */
import type { DumpTarget } from "./pcap.ts";

/** A file of whole records, also where the disk becomes full. */
export class DumpFile implements DumpTarget {
  readonly #file: Deno.FsFile;
  #length = 0;
  #failed: string | undefined;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Makes the file, or empties it. Throws an Error that names it. */
  static open(path: string): DumpFile {
    try {
      const how = { write: true, create: true, truncate: true };
      return new DumpFile(Deno.openSync(path, how));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot write packets to ${path}: ${reason}`, {
        cause: error,
      });
    }
  }

  /** Why it ended before its time; undefined where it did not. */
  get failed(): string | undefined {
    return this.#failed;
  }

  /** Writes a record at once, and whole. After a failure there are no more. */
  write(record: Uint8Array<ArrayBuffer>): void {
    if (this.#failed !== undefined) return;
    try {
      for (let at = 0; at < record.length;) {
        at += this.#file.writeSync(record.subarray(at));
      }
      this.#length += record.length;
    } catch (error) {
      this.#failed = error instanceof Error ? error.message : String(error);
      this.#cut();
    }
  }

  close(): void {
    this.#file.close();
  }

  /** Takes back what was written of the last record. */
  #cut(): void {
    try {
      this.#file.truncateSync(this.#length);
    } catch {
      // A pipe, say: its reader sees the end.
    }
  }
}
