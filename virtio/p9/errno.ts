/**
 * What a request fails with: 9P2000.L carries Linux's error numbers
 * (asm-generic), whatever the host's are.
 *
 * @module
 */

/** Linux's numbers by name. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EPROTO: 71,
  EOVERFLOW: 75,
  EILSEQ: 84,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  ETIMEDOUT: 110,
  ESTALE: 116,
  EDQUOT: 122,
} as const satisfies Readonly<Record<string, number>>;

/** A name of Linux's. */
export type ErrnoName = keyof typeof ERRNO;

/** Why a request is refused. The guest gets the number. */
export class P9Error extends Error {
  override readonly name = "P9Error";
  readonly errno: ErrnoName;

  /** The message names the action, then what was found. */
  constructor(errno: ErrnoName, message: string) {
    super(message);
    this.errno = errno;
  }
}

/** Hosts' names for what Linux calls otherwise. */
const SYNONYMS: Readonly<Record<string, ErrnoName>> = {
  ENOTSUP: "EOPNOTSUPP",
  ENOATTR: "ENODATA",
  EWOULDBLOCK: "EAGAIN",
};

/**
 * Linux's number for what the host or the server threw; undefined for what
 * neither throws in the normal course of things.
 */
export function errnoOf(error: unknown): number | undefined {
  if (error instanceof P9Error) return ERRNO[error.errno];
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    if (isErrnoName(code)) return ERRNO[code];
    const synonym = SYNONYMS[code];
    if (synonym !== undefined) return ERRNO[synonym];
  }
  // The emulator itself may not: the share's owner did not grant it.
  if (error instanceof Deno.errors.NotCapable) return ERRNO.EACCES;
  return numberInMessage(error.message);
}

/** Whether the host says that a name leads to nothing. */
export function isAbsent(error: unknown): boolean {
  return errnoOf(error) === ERRNO.ENOENT;
}

function isErrnoName(code: string): code is ErrnoName {
  return Object.hasOwn(ERRNO, code);
}

/** Errors that Deno has no name for end in the host's number. */
function numberInMessage(message: string): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const number = /\(os error (\d+)\)/.exec(message)?.[1];
  return number === undefined ? undefined : Number(number);
}
