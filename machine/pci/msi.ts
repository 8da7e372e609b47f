/**
 * MSI: one message in configuration space, whose low data bits are the vector
 * (PCI Local Bus 3.0, 6.8.1). With a 64-bit address and without masks.
 *
 * @module
 */
import type { ConfigRegisters } from "./config_registers.ts";
import type { Message, MessagePort } from "./message.ts";

/** Bytes of the capability: 14, and 2 to the next word. */
export const MSI_CAPABILITY_BYTES = 16;
const CAPABILITY_ID = 5;

/** Offsets in the capability. */
const AT = { control: 2, addressLow: 4, addressHigh: 8, data: 12 } as const;

/** Message Control. */
const ENABLE = 1;
const CAPABLE_SHIFT = 1;
const ALLOCATED_SHIFT = 4;
const ALLOCATED = 0x70;
const ADDRESS_64 = 0x80;

/** Most vectors that the capability can tell of. */
const LIMIT = 32;

/** A function's message. All its state is in configuration space. */
export class Msi {
  readonly vectors: number;
  readonly #registers: ConfigRegisters;
  readonly #port: MessagePort;
  #offset = 0;

  /** Throws RangeError unless the number of vectors is a power of 2 to 32. */
  constructor(
    { vectors }: { vectors: number },
    { registers, port }: { registers: ConfigRegisters; port: MessagePort },
  ) {
    if (!Number.isInteger(Math.log2(vectors)) || vectors > LIMIT) {
      throw new RangeError(
        `Cannot make MSI: number of vectors is not a power of 2 to ${LIMIT}: ${vectors}`,
      );
    }
    this.vectors = vectors;
    this.#registers = registers;
    this.#port = port;
  }

  /** The capability, which is put into configuration space at an offset. */
  layOut(offset: number): Uint8Array {
    this.#offset = offset;
    this.#registers.allow(offset + AT.control, 2, ENABLE | ALLOCATED);
    this.#registers.allow(offset + AT.addressLow, 4, ~3);
    this.#registers.allow(offset + AT.addressHigh, 4, -1);
    this.#registers.allow(offset + AT.data, 2, 0xffff);
    const capability = new DataView(new ArrayBuffer(MSI_CAPABILITY_BYTES));
    capability.setUint8(0, CAPABILITY_ID);
    capability.setUint16(
      AT.control,
      ADDRESS_64 | (Math.log2(this.vectors) << CAPABLE_SHIFT),
      true,
    );
    return new Uint8Array(capability.buffer);
  }

  get enabled(): boolean {
    return (this.#control & ENABLE) !== 0;
  }

  /** The message of vector 0. */
  get message(): Message {
    return {
      addressHigh: this.#registers.get(this.#offset + AT.addressHigh, 4),
      addressLow: this.#registers.get(this.#offset + AT.addressLow, 4),
      data: this.#registers.get(this.#offset + AT.data, 2),
    };
  }

  /** Sets the message and how many vectors it stands for, as RTAS does. */
  setMessage(message: Message, vectors: number): void {
    const registers = this.#registers;
    registers.write(this.#offset + AT.addressHigh, 4, message.addressHigh);
    registers.write(this.#offset + AT.addressLow, 4, message.addressLow);
    registers.write(this.#offset + AT.data, 2, message.data);
    const kept = this.#control & ~ALLOCATED;
    const allocated = Math.ceil(Math.log2(Math.max(1, vectors)));
    registers.write(
      this.#offset + AT.control,
      2,
      kept | (allocated << ALLOCATED_SHIFT),
    );
  }

  /** Interrupts by a vector: the highest there is stands for those beyond. */
  send(vector: number): void {
    if (!this.enabled) return;
    const allocated = (this.#control & ALLOCATED) >> ALLOCATED_SHIFT;
    const last = Math.min(this.vectors, 2 ** allocated) - 1;
    const { data, ...address } = this.message;
    const low = Math.min(vector, last);
    this.#port.send({ ...address, data: (data & ~last) | low });
  }

  get #control(): number {
    return this.#registers.get(this.#offset + AT.control, 2);
  }
}
