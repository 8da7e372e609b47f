/**
 * Puts functions together into a WebAssembly module (core specification 5.5).
 *
 * @module
 */
import { Bytes, Code } from "./code.ts";
import { TYPE, type TypeName } from "./opcodes.ts";

/** Parameters and results of a function. */
export interface Signature {
  readonly parameters: readonly TypeName[];
  readonly results: readonly TypeName[];
}

interface Defined {
  readonly type: number;
  readonly code: Code;
}

/** A module under construction. Imports come before the first function. */
export class ModuleBuilder {
  readonly #types = new Map<string, number>();
  readonly #signatures: Signature[] = [];
  readonly #imports: { module: string; name: string; type: number }[] = [];
  readonly #functions: Defined[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  readonly #memory: { initial: number; maximum: number };
  #elements: readonly number[] = [];
  #tableName = "";
  #importedTable: string | undefined;

  /** The module imports one shared memory, `env.memory`, of these pages. */
  constructor(memory: { initial: number; maximum: number }) {
    this.#memory = memory;
  }

  type(signature: Signature): number {
    const key = JSON.stringify(signature);
    let index = this.#types.get(key);
    if (index === undefined) {
      index = this.#signatures.push(signature) - 1;
      this.#types.set(key, index);
    }
    return index;
  }

  /** Imports a function from `env`; gives its index. */
  importFunction(name: string, signature: Signature): number {
    if (this.#functions.length > 0) {
      throw new TypeError(
        `Cannot import function after the first definition: ${name}`,
      );
    }
    return this.#imports.push({
      module: "env",
      name,
      type: this.type(signature),
    }) - 1;
  }

  /** Imports table 0, of functions, from `env`. */
  importTable(name: string): void {
    this.#importedTable = name;
  }

  /** Starts a function; its index is known before its code is written. */
  function(signature: Signature): { index: number; code: Code } {
    const code = new Code(signature.parameters);
    const index = this.#imports.length +
      this.#functions.push({ type: this.type(signature), code }) - 1;
    return { index, code };
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** Functions of table 0, from slot 0; the table is exported by the name. */
  table(name: string, functions: readonly number[]): void {
    this.#elements = functions;
    this.#tableName = name;
  }

  /** The module's binary form. */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.all([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    section(out, 1, (s) => {
      s.unsigned(this.#signatures.length);
      for (const { parameters, results } of this.#signatures) {
        s.byte(0x60);
        for (const list of [parameters, results]) {
          s.unsigned(list.length);
          for (const type of list) s.byte(TYPE[type]);
        }
      }
    });
    section(out, 2, (s) => {
      const table = this.#importedTable;
      s.unsigned(this.#imports.length + (table === undefined ? 1 : 2));
      text(s, "env");
      text(s, "memory");
      s.all([2, 3]);
      s.unsigned(this.#memory.initial);
      s.unsigned(this.#memory.maximum);
      if (table !== undefined) {
        text(s, "env");
        text(s, table);
        s.all([1, 0x70, 0, 0]);
      }
      for (const { module, name, type } of this.#imports) {
        text(s, module);
        text(s, name);
        s.byte(0);
        s.unsigned(type);
      }
    });
    section(out, 3, (s) => {
      s.unsigned(this.#functions.length);
      for (const { type } of this.#functions) s.unsigned(type);
    });
    if (this.#elements.length > 0) {
      section(out, 4, (s) => {
        s.all([1, 0x70, 0]);
        s.unsigned(this.#elements.length);
      });
    }
    section(out, 7, (s) => {
      const table = this.#elements.length > 0 ? 1 : 0;
      s.unsigned(this.#exports.length + table);
      for (const { name, index } of this.#exports) {
        text(s, name);
        s.byte(0);
        s.unsigned(index);
      }
      if (table) {
        text(s, this.#tableName);
        s.all([1, 0]);
      }
    });
    if (this.#elements.length > 0) {
      section(out, 9, (s) => {
        s.all([1, 0, 0x41, 0, 0x0b]);
        s.unsigned(this.#elements.length);
        for (const index of this.#elements) s.unsigned(index);
      });
    }
    const bodies = this.#functions.map(({ code }) => code.finish());
    this.#branchHints(out, bodies.map(({ codeOffset }) => codeOffset));
    section(out, 10, (s) => {
      s.unsigned(bodies.length);
      for (const { body } of bodies) {
        s.unsigned(body.length);
        s.all(body);
      }
    });
    return out.view();
  }

  /** The `metadata.code.branch_hint` section, which must precede the code. */
  #branchHints(out: Bytes, codeOffsets: readonly number[]): void {
    const hinted = this.#functions
      .map(({ code }, i) => ({ hints: code.hints, i }))
      .filter(({ hints }) => hints.length > 0);
    if (hinted.length === 0) return;
    section(out, 0, (s) => {
      text(s, "metadata.code.branch_hint");
      s.unsigned(hinted.length);
      for (const { hints, i } of hinted) {
        s.unsigned(this.#imports.length + i);
        s.unsigned(hints.length);
        for (const { at, likely } of hints) {
          s.unsigned(at + (codeOffsets[i] ?? 0));
          s.byte(1);
          s.byte(likely ? 1 : 0);
        }
      }
    });
  }
}

function section(out: Bytes, id: number, write: (s: Bytes) => void): void {
  const body = new Bytes();
  write(body);
  out.byte(id);
  out.unsigned(body.length);
  out.all(body.view());
}

function text(out: Bytes, value: string): void {
  const bytes = new TextEncoder().encode(value);
  out.unsigned(bytes.length);
  out.all(bytes);
}
