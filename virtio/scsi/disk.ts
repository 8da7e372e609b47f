/**
 * A SCSI disk: commands carried out on a backend (SBC-3).
 *
 * @module
 */
import {
  BackendError,
  type BlockBackend,
  holdsSectors,
  SECTOR_BYTES,
} from "../blk/backend.ts";
import type { ReadStream, WriteStream } from "../stream.ts";
import {
  capacity10,
  capacity16,
  PERIPHERAL,
  standardInquiry,
  vitalPage,
} from "./answers.ts";
import type { Command } from "./command.ts";
import {
  MAX_SAME_BLOCKS,
  MAX_TRANSFER_BLOCKS,
  MAX_UNMAP_BLOCKS,
  MAX_UNMAP_DESCRIPTORS,
} from "./limits.ts";
import { modeSense } from "./mode_sense.ts";
import {
  check,
  type CommandOutcome,
  give,
  giveLuns,
  good,
  OVERRUN,
} from "./outcome.ts";
import { SENSE, type Sense, senseBytes } from "./sense.ts";

/** Where a command's data comes from and goes to. */
export interface CommandData {
  readonly out: ReadStream;
  readonly in: WriteStream;
}

const UNMAP_HEADER_BYTES = 8;
const UNMAP_DESCRIPTOR_BYTES = 16;

/** A disk as a SCSI logical unit. */
export class ScsiDisk {
  readonly #backend: BlockBackend;
  readonly #serial: string;
  readonly #onFailure: (error: BackendError) => void;
  /** What the initiator is to be told before its next command is done. */
  attention: Sense | undefined = SENSE.powerOn;

  constructor(
    { backend, serial, onFailure }: {
      backend: BlockBackend;
      serial: string;
      onFailure: (error: BackendError) => void;
    },
  ) {
    this.#backend = backend;
    this.#serial = serial;
    this.#onFailure = onFailure;
  }

  /** Carries a command out. Never throws for what the host fails at. */
  execute(command: Command, data: CommandData): CommandOutcome {
    const attention = this.#takeAttention(command);
    if (attention !== undefined) return check(attention);
    switch (command.kind) {
      case "read":
      case "write":
        return this.#transfer(command, data);
      case "write-same":
        return this.#writeSame(command, data.out);
      case "unmap":
        return this.#unmap(command.parameterBytes, data.out);
      case "synchronize-cache":
        return this.#synchronize(command);
      default:
        return this.#describe(command, data.in);
    }
  }

  /** Some commands are done all the same, and clear nothing (SAM-5, 5.14). */
  #takeAttention({ kind }: Command): Sense | undefined {
    if (kind === "inquiry" || kind === "report-luns") return undefined;
    if (kind === "request-sense") return undefined;
    const attention = this.attention;
    this.attention = undefined;
    return attention;
  }

  #describe(command: Command, to: WriteStream): CommandOutcome {
    const { sectors: blocks, readonly } = this.#backend;
    switch (command.kind) {
      case "test-unit-ready":
      case "start-stop-unit":
        return good(0);
      case "request-sense": {
        const sense = this.attention ?? SENSE.none;
        this.attention = undefined;
        return give(senseBytes(sense), command.allocation, to);
      }
      case "inquiry": {
        const answer = command.page === undefined
          ? standardInquiry(PERIPHERAL.disk)
          : vitalPage(command.page, this.#serial);
        return give(answer, command.allocation, to);
      }
      case "read-capacity-10":
        return give(capacity10(blocks), Infinity, to);
      case "read-capacity-16":
        return give(capacity16(blocks, readonly), command.allocation, to);
      case "report-luns":
        return giveLuns(command, to);
      case "mode-sense": {
        if (command.control === 3) return check(SENSE.savingNotSupported);
        const question = { ...command, changeable: command.control === 1 };
        const answer = modeSense(question, { blocks, readonly });
        return give(answer, command.allocation, to);
      }
      case "invalid-field":
        return check(SENSE.invalidField);
      default:
        return check(SENSE.unknownCommand);
    }
  }

  #transfer(
    { kind, block, blocks, force }: Extract<
      Command,
      { kind: "read" | "write" }
    >,
    data: CommandData,
  ): CommandOutcome {
    const backend = this.#backend;
    const bytes = blocks * SECTOR_BYTES;
    const reads = kind === "read";
    if (!reads && backend.readonly) return check(SENSE.writeProtected);
    const wrong = this.#wrongRange(block, blocks, MAX_TRANSFER_BLOCKS);
    if (wrong !== undefined) return check(wrong);
    if ((reads ? data.in : data.out).remaining < bytes) return OVERRUN;
    const position = block * SECTOR_BYTES;
    return this.#onHost(reads ? SENSE.readError : SENSE.writeError, () => {
      if (reads) {
        if (force) backend.flush();
        backend.read(position, data.in.views(bytes));
      } else {
        backend.write(position, data.out.views(bytes));
        if (force) backend.flush();
      }
      return good(bytes);
    });
  }

  /** One block many times over (SBC-3, 5.42 and 5.43). */
  #writeSame(
    { block, blocks, noData }: Extract<Command, { kind: "write-same" }>,
    from: ReadStream,
  ): CommandOutcome {
    const backend = this.#backend;
    if (backend.readonly) return check(SENSE.writeProtected);
    if (blocks === 0) return check(SENSE.invalidField);
    const wrong = this.#wrongRange(block, blocks, MAX_SAME_BLOCKS);
    if (wrong !== undefined) return check(wrong);
    if (!noData && from.remaining < SECTOR_BYTES) return OVERRUN;
    const pattern = noData ? undefined : from.bytes(SECTOR_BYTES);
    return this.#onHost(SENSE.writeError, () => {
      const position = block * SECTOR_BYTES;
      if (pattern === undefined || pattern.every((byte) => byte === 0)) {
        backend.zero(position, blocks * SECTOR_BYTES);
      } else {
        backend.write(position, new Array<Uint8Array>(blocks).fill(pattern));
      }
      return good(pattern?.length ?? 0, blocks * SECTOR_BYTES);
    });
  }

  /**
   * Blocks that are no longer of use (SBC-3, 5.28). The host offers no way to
   * give a range of a file back: they keep what they hold, which is allowed.
   */
  #unmap(bytes: number, from: ReadStream): CommandOutcome {
    if (bytes === 0) return good(0);
    if (this.#backend.readonly) return check(SENSE.writeProtected);
    if (bytes < UNMAP_HEADER_BYTES) return check(SENSE.parameterListLength);
    if (from.remaining < bytes) return OVERRUN;
    const most = UNMAP_HEADER_BYTES +
      MAX_UNMAP_DESCRIPTORS * UNMAP_DESCRIPTOR_BYTES;
    const list = new DataView(from.bytes(Math.min(bytes, most)).buffer);
    const count = list.getUint16(2) / UNMAP_DESCRIPTOR_BYTES;
    const end = UNMAP_HEADER_BYTES + list.getUint16(2);
    if (count > MAX_UNMAP_DESCRIPTORS || end > bytes) {
      return check(SENSE.invalidParameter);
    }
    for (let index = 0; index < Math.floor(count); index++) {
      const at = UNMAP_HEADER_BYTES + index * UNMAP_DESCRIPTOR_BYTES;
      const block = list.getUint32(at) * 2 ** 32 + list.getUint32(at + 4);
      const blocks = list.getUint32(at + 8);
      const wrong = this.#wrongRange(block, blocks, MAX_UNMAP_BLOCKS);
      if (wrong !== undefined) return check(wrong);
    }
    return good(bytes);
  }

  #synchronize(
    { block, blocks }: { block: number; blocks: number },
  ): CommandOutcome {
    if (!holdsSectors(this.#backend, block, blocks)) {
      return check(SENSE.blockOutOfRange);
    }
    return this.#onHost(SENSE.writeError, () => {
      this.#backend.flush();
      return good(0);
    });
  }

  #wrongRange(block: number, blocks: number, most: number): Sense | undefined {
    if (blocks > most) return SENSE.invalidField;
    return holdsSectors(this.#backend, block, blocks)
      ? undefined
      : SENSE.blockOutOfRange;
  }

  #onHost(sense: Sense, work: () => CommandOutcome): CommandOutcome {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      this.#onFailure(error);
      return check(sense);
    }
  }
}
