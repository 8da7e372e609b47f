/** What a {@linkcode JsonStream} finds. */
export type JsonStreamItem =
  | {
    /** The text of one value; whether it is JSON inside, JSON.parse decides. */
    kind: "value";
    /** The text. */
    text: string;
  }
  | {
    /** Bytes that belong to no value. */
    kind: "nonsense";
    /** Why. */
    reason: string;
  }
  | {
    /** The stream cannot be read further; later bytes are ignored. */
    kind: "end";
    /** Why. */
    reason: "too large" | "not JSON";
  };

/** Bounds of a {@linkcode JsonStream}. */
export interface JsonStreamLimits {
  /** Bytes of one value. */
  maxBytes: number;
  /** Nesting of objects and arrays. */
  maxDepth: number;
}

// A rare long message does not hold its memory for the connection's life.
const KEPT_BYTES = 4096;

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;
}

/** Letters, digits, sign, point: what numbers, true, false and null consist of. */
function isPlain(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x45 || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

/** The bytes that may begin a JSON value (RFC 8259 section 3). */
function canStart(byte: number): boolean {
  return byte === OPEN_OBJECT || byte === OPEN_ARRAY || byte === QUOTE ||
    byte === 0x2d || (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x74 || byte === 0x66 || byte === 0x6e;
}

/**
 * Cuts a stream of bytes into JSON values, with no framing assumed.
 *
 * It follows strings, escapes and nesting only. Where a byte cannot belong to
 * any value, the rest of the line is skipped: within a string a line feed is
 * never legal, so the next line is a safe place to begin again. A stream whose
 * first byte that is not white space cannot begin JSON ends at once, so that
 * an HTTP request is never searched for JSON.
 */
export class JsonStream {
  /** Bytes that one value may have; may be raised while reading. */
  maxBytes: number;
  readonly #maxDepth: number;
  readonly #decoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true,
  });
  #state: "between" | "plain" | "nested" | "string" | "skip" | "ended" =
    "between";
  #begun = false;
  #escaped = false;
  #done = false;
  /** The open brackets, outermost first. */
  readonly #open: number[] = [];
  /** The value so far, as far as earlier chunks held it. */
  #bytes = new Uint8Array(KEPT_BYTES);
  #length = 0;

  /** Makes a stream at its beginning. */
  constructor(limits: JsonStreamLimits) {
    this.maxBytes = limits.maxBytes;
    this.#maxDepth = limits.maxDepth;
  }

  /** Takes the next bytes and returns what they complete. */
  push(chunk: Uint8Array): JsonStreamItem[] {
    const items: JsonStreamItem[] = [];
    let start = 0;
    for (let i = 0; i < chunk.length && this.#state !== "ended"; i++) {
      const byte = chunk[i]!;
      if (this.#state === "plain" && !isPlain(byte)) {
        this.#complete(items, chunk.subarray(start, i));
      }
      if (this.#state === "between") start = i;
      this.#take(items, byte);
      if (!this.#isInside()) continue;
      if (this.#length + i + 1 - start > this.maxBytes) {
        this.#end(items, "too large");
      } else if (this.#done) {
        this.#complete(items, chunk.subarray(start, i + 1));
      }
    }
    if (this.#isInside()) this.#keep(chunk.subarray(start));
    return items;
  }

  /** Ends the input: a plain value is complete now, anything else never. */
  finish(): JsonStreamItem[] {
    const items: JsonStreamItem[] = [];
    if (this.#state === "plain") this.#complete(items, new Uint8Array(0));
    else if (this.#isInside()) this.#skip(items, "Input ends within a value");
    if (this.#state !== "ended") this.#state = "between";
    return items;
  }

  #isInside(): boolean {
    return this.#state === "plain" || this.#state === "nested" ||
      this.#state === "string";
  }

  #take(items: JsonStreamItem[], byte: number): void {
    if (this.#state === "between") this.#begin(items, byte);
    else if (this.#state === "string") this.#inString(items, byte);
    else if (this.#state === "nested") this.#inNested(items, byte);
    else if (this.#state === "skip" && byte === LF) this.#state = "between";
  }

  #begin(items: JsonStreamItem[], byte: number): void {
    if (isSpace(byte)) return;
    if (!canStart(byte)) {
      if (!this.#begun) return this.#end(items, "not JSON");
      return this.#skip(items, "No value begins so", byte);
    }
    this.#begun = true;
    if (byte === QUOTE) this.#state = "string";
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      this.#open.push(byte);
      this.#state = "nested";
    } else this.#state = "plain";
  }

  #inString(items: JsonStreamItem[], byte: number): void {
    if (byte < 0x20) this.#skip(items, "Control character in a string", byte);
    else if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      if (this.#open.length > 0) this.#state = "nested";
      else this.#done = true;
    }
  }

  #inNested(items: JsonStreamItem[], byte: number): void {
    if (byte === QUOTE) this.#state = "string";
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (this.#open.length >= this.#maxDepth) {
        return this.#skip(items, `Nesting is deeper than ${this.#maxDepth}`);
      }
      this.#open.push(byte);
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      const expected = byte === CLOSE_OBJECT ? OPEN_OBJECT : OPEN_ARRAY;
      if (this.#open.pop() !== expected) {
        return this.#skip(items, "Brackets do not match");
      }
      this.#done = this.#open.length === 0;
    } else if (byte < 0x20 && !isSpace(byte)) {
      this.#skip(items, "Control character", byte);
    }
  }

  #complete(items: JsonStreamItem[], last: Uint8Array): void {
    this.#keep(last);
    try {
      const text = this.#decoder.decode(this.#bytes.subarray(0, this.#length));
      items.push({ kind: "value", text });
    } catch {
      items.push({ kind: "nonsense", reason: "Not UTF-8" });
    }
    this.#clear();
    this.#state = "between";
  }

  #skip(items: JsonStreamItem[], reason: string, byte?: number): void {
    items.push({ kind: "nonsense", reason });
    this.#clear();
    this.#state = byte === LF ? "between" : "skip";
  }

  #end(items: JsonStreamItem[], reason: "too large" | "not JSON"): void {
    items.push({ kind: "end", reason });
    this.#clear();
    this.#state = "ended";
  }

  #clear(): void {
    if (this.#length > KEPT_BYTES) this.#bytes = new Uint8Array(KEPT_BYTES);
    this.#length = 0;
    this.#open.length = 0;
    this.#escaped = false;
    this.#done = false;
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }
}
