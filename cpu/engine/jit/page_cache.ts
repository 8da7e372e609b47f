/**
 * The page that was last accessed by way of a base register, in locals: the
 * software TLB is asked only when another page's turn comes.
 *
 * @module
 */
import type { Code } from "../../wasm/code.ts";
import { type BasedAccess, type CachedPage, NO_PAGE } from "./based_access.ts";
import type { Block } from "./blocks.ts";
import { loopDepths } from "./loop_nest.ts";
import { WIDE_SHIFT } from "./page_sizes.ts";

/** Log2 of the bytes that are written protected or not as one. */
const NARROW_SHIFT = 12;

/** Pages that are kept for a region; more would fill the host's registers. */
const MOST = 6;

/** How often a loop is thought to go round. */
const ROUNDS = 8;

function keyOf({ register, kind }: BasedAccess): string {
  return `${kind} ${register}`;
}

/** The cached pages of a region. */
export class PageCaches {
  readonly #code: Code;
  readonly #pages = new Map<string, CachedPage>();
  readonly #depths: readonly number[];

  constructor(
    code: Code,
    blocks: readonly Block[],
    { widePages }: { widePages: boolean },
  ) {
    this.#code = code;
    const counts = new Map<string, number>();
    this.#depths = loopDepths(blocks);
    blocks.forEach(({ body }, number) => {
      const depth = this.#depths[number] ?? 0;
      if (depth === 0) return;
      const weight = ROUNDS ** depth;
      for (const { effects: { access } } of body) {
        if (!access) continue;
        const key = keyOf(access);
        counts.set(key, (counts.get(key) ?? 0) + weight);
      }
    });
    const chosen = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST);
    for (const [key] of chosen) {
      const isWide = widePages && key.startsWith("read");
      const page = {
        tag: code.local("i64"),
        addend: code.local("i32"),
        shift: isWide ? WIDE_SHIFT : NARROW_SHIFT,
      };
      this.#pages.set(key, page);
    }
  }

  /** What a block has of an access; outside of loops nothing: it would miss. */
  get(access: BasedAccess, block: number): CachedPage | undefined {
    if ((this.#depths[block] ?? 0) === 0) return undefined;
    return this.#pages.get(keyOf(access));
  }

  /** Forgets them: translations may have been dropped. */
  reset(kind?: BasedAccess["kind"]): void {
    for (const [key, { tag }] of this.#pages) {
      if (kind !== undefined && !key.startsWith(kind)) continue;
      this.#code.i64(NO_PAGE);
      this.#code.set(tag);
    }
  }
}
