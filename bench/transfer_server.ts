/**
 * A web server on the host's loopback that tells a guest what to transfer, and
 * takes the time.
 *
 * @module
 */

/** Which way a file goes, from the guest's view. */
export type TransferKind = "download" | "upload";

interface Order {
  readonly kind: TransferKind;
  readonly done: (seconds: number) => void;
  readonly failed: (error: Error) => void;
}

/** A server for one guest, which asks `/next` what to do, and then `/done`. */
export class TransferServer implements AsyncDisposable {
  readonly #file: Uint8Array<ArrayBuffer>;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #order: Order | undefined;
  /** Answers the guest that waits for an order. */
  #waiting: ((answer: TransferKind | "end") => void) | undefined;
  #started: number | undefined;

  /** Serves a file of so many bytes. */
  constructor(bytes: number) {
    // None is 0: busybox's wget takes a file that it posts for a text.
    this.#file = new Uint8Array(bytes).map((_, i) => i % 251 + 1);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#answer(request),
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Lets the guest transfer the file once; gives the seconds that it took. */
  async order(kind: TransferKind, late: AbortSignal): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#order = { kind, done: resolve, failed: reject };
    this.#started = undefined;
    this.#hand();
    const onLate = () => reject(new Error(`Cannot see the ${kind} end`));
    late.addEventListener("abort", onLate);
    try {
      return await promise;
    } finally {
      late.removeEventListener("abort", onLate);
      this.#order = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A guest that has gone still waits for its next order, or shutdown would.
    this.#waiting?.("end");
    await this.#server.shutdown();
  }

  #hand(): void {
    if (this.#order === undefined || this.#waiting === undefined) return;
    this.#waiting(this.#order.kind);
    this.#waiting = undefined;
  }

  async #answer(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/next":
        return new Response(
          await new Promise<string>((resolve) => {
            this.#waiting = resolve;
            this.#hand();
          }),
        );
      case "/file":
        this.#started = performance.now();
        if (request.method === "GET") return new Response(this.#file);
        return await this.#take(request);
      case "/done":
        if (this.#started !== undefined) {
          this.#order?.done((performance.now() - this.#started) / 1000);
        }
        return new Response("");
    }
    return new Response("", { status: 404 });
  }

  async #take(request: Request): Promise<Response> {
    const bytes = await request.bytes();
    if (!Buffer.from(bytes).equals(this.#file)) {
      this.#order?.failed(new Error("Cannot measure: it came back otherwise"));
    }
    return new Response("");
  }
}
