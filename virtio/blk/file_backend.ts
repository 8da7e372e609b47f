/**
 * A raw image: byte n of the file is byte n of the disk. Also a block device
 * of the host.
 *
 * @module
 */
import { BackendError, type BlockBackend, SECTOR_BYTES } from "./backend.ts";
import { BATCH_BYTES, batches, gather, scatter, target } from "./scatter.ts";

/** Bytes of zeros written at a time. */
const ZERO_BYTES = 1024 * 1024;

/** How a file is opened as a disk. */
export interface FileBackendOptions {
  /** Default false. */
  readonly readonly?: boolean;
}

/**
 * A file as a disk. It is locked as long as it is open, by the host's
 * advisory lock: one that writes excludes all others.
 *
 * The capacity is the file's size in whole sectors: a remainder at the end is
 * neither read nor written. The file neither grows nor shrinks.
 */
export class FileBackend implements BlockBackend {
  readonly sectors: number;
  readonly readonly: boolean;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #copy = new Uint8Array(BATCH_BYTES);
  /** Where the file's own position is; -1: not known. */
  #position = -1;

  private constructor(
    path: string,
    { file, sectors, readonly }: {
      file: Deno.FsFile;
      sectors: number;
      readonly: boolean;
    },
  ) {
    this.#path = path;
    this.#file = file;
    this.sectors = sectors;
    this.readonly = readonly;
  }

  /**
   * Opens and locks a file.
   *
   * @throws {BackendError} If there is none, it holds no whole sector, or
   * another program has it
   */
  static open(path: string, options: FileBackendOptions = {}): FileBackend {
    const { readonly = false } = options;
    const file = openDisk(path, readonly);
    try {
      lock(file, path, readonly);
      const bytes = file.seekSync(0, Deno.SeekMode.End);
      const sectors = Math.floor(bytes / SECTOR_BYTES);
      if (sectors === 0) {
        throw new BackendError(
          `Cannot open drive ${path}: it has ${bytes} bytes, no whole sector`,
        );
      }
      return new FileBackend(path, { file, sectors, readonly });
    } catch (error) {
      file.close();
      throw error;
    }
  }

  read(position: number, into: readonly Uint8Array[]): void {
    this.#at(position, "read", () => {
      for (const batch of batches(into)) {
        const bytes = target(batch, this.#copy);
        this.#fill(bytes);
        scatter(batch, bytes);
      }
    });
  }

  write(position: number, from: readonly Uint8Array[]): void {
    this.#at(position, "write", () => {
      for (const batch of batches(from)) this.#put(gather(batch, this.#copy));
    });
  }

  zero(position: number, bytes: number): void {
    const zeros = new Uint8Array(Math.min(bytes, ZERO_BYTES));
    this.#at(position, "write", () => {
      for (let left = bytes; left > 0; left -= zeros.length) {
        this.#put(zeros.subarray(0, left));
      }
    });
  }

  flush(): void {
    if (this.readonly) return;
    this.#guard("flush", () => this.#file.syncDataSync());
  }

  close(): void {
    this.#file.close();
  }

  #fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const got = this.#file.readSync(bytes.subarray(at));
      if (got === null || got === 0) throw new Error("the file became shorter");
      at += got;
    }
    this.#position += bytes.length;
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
    this.#position += bytes.length;
  }

  #at(position: number, action: string, work: () => void): void {
    this.#guard(action, () => {
      // A seek costs as much as a small read: sequential access needs none.
      if (position !== this.#position) {
        this.#file.seekSync(position, Deno.SeekMode.Start);
      }
      this.#position = position;
      work();
    });
  }

  #guard(action: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#position = -1;
      throw new BackendError(
        `Cannot ${action} drive ${this.#path}: ${reason(error)}`,
        { cause: error },
      );
    }
  }
}

function openDisk(path: string, readonly: boolean): Deno.FsFile {
  try {
    // Opening a pipe would wait for whoever writes to it.
    const { isFile, isBlockDevice } = Deno.statSync(path);
    if (!isFile && isBlockDevice !== true) throw new Error("it is not a file");
    return Deno.openSync(path, { read: true, write: !readonly });
  } catch (error) {
    throw new BackendError(`Cannot open drive ${path}: ${reason(error)}`, {
      cause: error,
    });
  }
}

function lock(file: Deno.FsFile, path: string, readonly: boolean): void {
  if (file.tryLockSync(!readonly)) return;
  throw new BackendError(
    readonly
      ? `Cannot open drive ${path}: another program writes to it`
      : `Cannot open drive ${path}: another program has it open`,
  );
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  return error instanceof Error ? error.message : String(error);
}
