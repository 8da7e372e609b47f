/**
 * An engine of ours that gets an instruction wrong, to see that such a thing is
 * found.
 *
 * @module
 */
import { buildDecoder } from "../../cpu/isa/decoder.ts";
import { ISA } from "../../cpu/isa/mod.ts";
import { Batch } from "./batch.ts";
import { Ours } from "./ours.ts";

const decode = buildDecoder(ISA);

/** What is carried out in place of an instruction. */
export interface Plant {
  /** The row's name. */
  readonly name: string;
  /** The wrong word. */
  readonly alter: (word: number) => number;
}

/** Carries a word out that is not the program's. */
export class Planted extends Ours {
  readonly #plant: Plant;

  constructor(options: ConstructorParameters<typeof Ours>[0], plant: Plant) {
    super(options);
    this.#plant = plant;
  }

  /** As {@linkcode Ours} does, with other words. */
  override run(batch: Batch): Uint8Array {
    const { name, alter } = this.#plant;
    const altered = new Batch();
    altered.data.set(batch.data);
    altered.words.set(
      batch.words.map((word) =>
        decode(word)?.name === name ? alter(word) : word
      ),
    );
    return super.run(altered);
  }
}
