/** One code that an answer's `error.code` may hold. */
export interface ErrorDescription {
  /** The number on the wire. */
  code: number;
  /** The `error.message` that goes with it, unless a method has a better one. */
  message: string;
  /** When it is given, and what `error.data` holds. */
  summary: string;
}

/**
 * Every error code of the monitor: those of JSON-RPC 2.0 section 5.1, then
 * ours, from the range that the specification leaves to servers.
 */
export const ERRORS = {
  parse: {
    code: -32700,
    message: "Parse error",
    summary: "Not JSON. `data.reason` says why, where known.",
  },
  invalidRequest: {
    code: -32600,
    message: "Invalid Request",
    summary:
      "JSON, but no request object; also an empty or overlong batch. `data.issues` or `data.reason` says why.",
  },
  methodNotFound: {
    code: -32601,
    message: "Method not found",
    summary: "No method has this name.",
  },
  invalidParams: {
    code: -32602,
    message: "Invalid params",
    summary:
      "The parameters do not fit the method's schema; `data.issues` lists path and message of each fault.",
  },
  internal: {
    code: -32603,
    message: "Internal error",
    summary: "A fault of the emulator. The host's log has the text.",
  },
  invalidState: {
    code: -32000,
    message: "Invalid state",
    summary:
      "The method exists but not now; `data.state` is the state, `data.when` lists those that allow it.",
  },
  notAuthenticated: {
    code: -32001,
    message: "Not authenticated",
    summary:
      "The first message was not `authenticate` with the right token. The connection is closed.",
  },
  notFound: {
    code: -32002,
    message: "Not found",
    summary:
      "A vCPU, register, node, hypercall or event of this name does not exist.",
  },
  notAccessible: {
    code: -32003,
    message: "Not accessible",
    summary:
      "An address has no translation or no memory behind it; `data.address` is the first such address.",
  },
  unsupported: {
    code: -32004,
    message: "Unsupported",
    summary: "Known, but not provided by this machine.",
  },
  limit: {
    code: -32005,
    message: "Limit exceeded",
    summary:
      "A message, a batch's answer or a client's backlog is larger than the monitor allows; `data.limit` is the bound.",
  },
} as const satisfies Record<string, ErrorDescription>;

/** A key of {@linkcode ERRORS}. */
export type ErrorKind = keyof typeof ERRORS;

/** A {@linkcode MonitorError} as plain data, fit to cross between threads. */
export interface MonitorErrorData {
  /** The number on the wire. */
  code: number;
  /** One sentence. */
  message: string;
  /** What else is known, JSON values only. */
  data?: unknown;
}

/** An error that reaches the client as the JSON-RPC error of its code. */
export class MonitorError extends Error {
  /** Tells it from other errors. */
  override readonly name = "MonitorError" as const;
  /** The `error.code` of the answer. */
  readonly code: number;
  /** The `error.data` of the answer, absent if undefined. */
  readonly data: unknown;

  /** Makes an error from its three parts. */
  constructor(code: number, message: string, options: { data?: unknown } = {}) {
    super(message);
    this.code = code;
    this.data = options.data;
  }

  /** The error of a kind, with the kind's own message unless one is given. */
  static of(
    kind: ErrorKind,
    options: { message?: string; data?: unknown } = {},
  ): MonitorError {
    const { code, message } = ERRORS[kind];
    return new MonitorError(code, options.message ?? message, {
      data: options.data,
    });
  }

  /** The inverse of {@linkcode MonitorError.toJSON}. */
  static from(plain: MonitorErrorData): MonitorError {
    return new MonitorError(plain.code, plain.message, { data: plain.data });
  }

  /** The error as the plain object that JSON-RPC 2.0 section 5.1 describes. */
  toJSON(): MonitorErrorData {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }
}
