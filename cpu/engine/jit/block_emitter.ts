/**
 * The instructions of a region's blocks, one after the other, and the end of
 * each block.
 *
 * @module
 */
import type { Code } from "../../wasm/code.ts";
import type { Frame } from "../emitter/frame.ts";
import { emittedFields } from "../emitter/mod.ts";
import type { Placed } from "./blocks.ts";
import { BranchEmitter } from "./branch_emitter.ts";
import { isBranch } from "./branches.ts";
import { RegionEmitter } from "./emitter.ts";
import { HandledInstructions, type HandledParts } from "./handled.ts";
import { isUnconditional } from "./region.ts";
import { STATE_BLOCK } from "./region_locals.ts";
import type { Here, WaysOn } from "./ways_on.ts";

/** What blocks are made of. */
export interface BlockParts extends HandledParts {
  readonly ways: WaysOn;
}

/** Branches are counted before they are carried out, with their block. */
function isCounted({ instruction }: Placed): boolean {
  return isBranch(instruction);
}

/** Writes the blocks of one region. */
export class BlockEmitter {
  readonly #code: Code;
  readonly #with: BlockParts;
  readonly #branches: BranchEmitter;
  readonly #handled: HandledInstructions;

  constructor(code: Code, parts: BlockParts) {
    this.#code = code;
    this.#with = parts;
    this.#branches = new BranchEmitter(code, parts);
    this.#handled = new HandledInstructions(code, parts);
  }

  /** Writes a block, up to where control goes on. */
  emit(here: Here): void {
    const { locals, ways } = this.#with;
    const { body, next } = here.block;
    const last = body.at(-1);
    body.forEach((placed, done) => {
      this.#code.reuse();
      if (placed === last && isCounted(last)) this.#endStatus();
      this.#instruction(here, placed, done);
    });
    if (!last) return;
    this.#endStatus();
    if (!isCounted(last)) locals.count(body.length);
    if (next !== undefined) return ways.goTo(here, next);
    if (isCounted(last) && isUnconditional(last)) {
      return this.#code.unreachable();
    }
    ways.leaveAt(here, last.place + 1);
  }

  /** What waits for FPSCR waits in the vCPU's block, between blocks. */
  #endStatus(): void {
    const { status } = this.#with.registers;
    status.flush(STATE_BLOCK);
    status.startBlock();
  }

  #instruction(here: Here, placed: Placed, done: number): void {
    const { effects, instruction, known } = placed;
    if (!effects.inline) return this.#handled.handle(placed, done);
    const { parts, locals, registers, unstored, accesses, exits } = this.#with;
    if (isCounted(placed)) {
      locals.count(here.block.body.length);
      // It leaves before its own end, where others say what they have written.
      unstored.add(effects.writes);
    }
    let lookLater = false;
    const frame: Frame = {
      code: this.#code,
      state: STATE_BLOCK,
      word: undefined,
      knownWord: placed.word,
      dataTlb: locals.dataTlb,
      pushCia: () => locals.pushAddress(placed.place),
      leave: (status) => {
        if (status !== "raised") {
          throw new TypeError(`Cannot leave region: ${status}`);
        }
        exits.leave("regionRaised", { done, place: placed.place });
      },
      jump: (target) => this.#branches.jump(here, placed, target),
      slowly: () => this.#handled.handleSlowly(placed, done),
      storedSlowly: () => {
        if (effects.writes !== 0n) lookLater = true;
        else exits.ifDropped(placed, done);
      },
    };
    const emitter = new RegionEmitter(frame, parts.runtime, {
      registers,
      caches: accesses.of(done),
      control: {
        branch: (displacement) => {
          const place = placed.place + (displacement >> 2);
          this.#branches.branch(here, placed, place);
        },
      },
    });
    instruction.execute(emitter, emittedFields(instruction.fields, known));
    unstored.written(effects.writes);
    if (lookLater) exits.ifDropped(placed, done);
  }
}
