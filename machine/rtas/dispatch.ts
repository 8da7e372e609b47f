/**
 * From an argument block in guest memory to a row of the table. The block is
 * big-endian whatever the guest is: token, number of arguments, number of
 * results, arguments, results (LoPAPR 7.2.6).
 *
 * @module
 */
import { H } from "../hcall/codes.ts";
import {
  RTAS,
  type RtasCall,
  type RtasCalls,
  type RtasContext,
  type RtasWorld,
} from "./table.ts";

/** What the monitor shows of one call. */
export interface RtasStatistics {
  readonly name: string;
  readonly token: number;
  readonly count: number;
  /** The last status. */
  readonly lastStatus: number;
}

/** Cells that a block may have beyond its head. */
const CELL_LIMIT = 16;

/** Looks calls up and carries them out. */
export class RtasDispatcher implements RtasCalls {
  readonly #world: RtasWorld;
  readonly #calls: ReadonlyMap<number, RtasCall>;
  readonly #statistics = new Map<number, { count: number; last: number }>();

  constructor(world: RtasWorld, calls: readonly RtasCall[]) {
    this.#world = world;
    this.#calls = new Map(calls.map((call) => [call.token, call]));
    if (this.#calls.size !== calls.length) {
      throw new RangeError("Cannot build RTAS table: a token is taken");
    }
  }

  /** Tokens by name, for the device tree. */
  get tokens(): Map<string, number> {
    return new Map([...this.#calls.values()].map((c) => [c.name, c.token]));
  }

  dispatch(vcpu: number, block: number): number {
    const { ram } = this.#world;
    if (!ram.contains(block, 12)) return H.PARAMETER;
    const token = ram.u32(block);
    const args = ram.u32(block + 4);
    const results = ram.u32(block + 8);
    if (args > CELL_LIMIT || results > CELL_LIMIT) return H.PARAMETER;
    if (!ram.contains(block, 12 + 4 * (args + results))) return H.PARAMETER;
    const first = block + 12 + 4 * args;
    const call = this.#calls.get(token);
    const status = !call
      ? RTAS.PARAMETER_ERROR
      : args < call.args || results < call.results
      ? RTAS.PARAMETER_ERROR
      : call.handle(this.#context(vcpu, { block, first, results }));
    if (results > 0) ram.setU32(first, status >>> 0);
    if (call) {
      const entry = this.#statistics.get(token) ?? { count: 0, last: 0 };
      entry.count++;
      entry.last = status;
      this.#statistics.set(token, entry);
    }
    return H.SUCCESS;
  }

  #context(
    vcpu: number,
    { block, first, results }: {
      block: number;
      first: number;
      results: number;
    },
  ): RtasContext {
    const world = this.#world;
    return {
      world,
      vcpu,
      results,
      arg: (n) => world.ram.u32(block + 12 + 4 * n),
      result(n, value) {
        if (n < results) world.ram.setU32(first + 4 * n, value >>> 0);
      },
    };
  }

  /** Counts and last statuses, by token. */
  statistics(): RtasStatistics[] {
    return [...this.#statistics].map(([token, { count, last }]) => ({
      name: this.#calls.get(token)?.name ?? "",
      token,
      count,
      lastStatus: last,
    })).sort((a, b) => a.token - b.token);
  }
}
