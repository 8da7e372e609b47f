/** Where a field of a 64-bit register lies, in the book's bit numbers. */
export interface RegisterField {
  /** Most significant bit; bit 0 is the register's most significant. */
  readonly first: number;
  /** Least significant bit. */
  readonly last: number;
  /** The only CPU that has it, if not all have. */
  readonly cpu?: "power8" | "power9";
}

/**
 * The fields of the Logical Partitioning Control Register (Power ISA 3.0B and
 * 2.07B, Book III, section 2.2). LPES1 and RMLS left the book with 3.0.
 */
export const LPCR_FIELDS = {
  VPM0: { first: 0, last: 0 },
  VPM1: { first: 1, last: 1 },
  ISL: { first: 2, last: 2 },
  KBV: { first: 3, last: 3 },
  DPFD: { first: 9, last: 11 },
  VRMASD: { first: 12, last: 16 },
  HVEE: { first: 17, last: 17, cpu: "power9" },
  RMLS: { first: 34, last: 37, cpu: "power8" },
  ILE: { first: 38, last: 38 },
  AIL: { first: 39, last: 40 },
  UPRT: { first: 41, last: 41, cpu: "power9" },
  EVIRT: { first: 42, last: 42, cpu: "power9" },
  HR: { first: 43, last: 43, cpu: "power9" },
  ONL: { first: 45, last: 45 },
  LD: { first: 46, last: 46, cpu: "power9" },
  PDEE: { first: 47, last: 47 },
  HDEE: { first: 48, last: 48 },
  EEE: { first: 49, last: 49 },
  DEE: { first: 50, last: 50 },
  OEE: { first: 51, last: 51 },
  MER: { first: 52, last: 52 },
  GTSE: { first: 53, last: 53, cpu: "power9" },
  TC: { first: 54, last: 54 },
  HEIC: { first: 59, last: 59, cpu: "power9" },
  LPES0: { first: 60, last: 60 },
  LPES1: { first: 61, last: 61 },
  HVICE: { first: 62, last: 62, cpu: "power9" },
  HDICE: { first: 63, last: 63 },
} as const satisfies Record<string, RegisterField>;

/** A field of the LPCR. */
export type LpcrField = keyof typeof LPCR_FIELDS;

/** The fields of the MSR that a reader of byte orders wants (Book III 3.2.1). */
export const MSR_FIELDS = {
  SF: { first: 0, last: 0 },
  HV: { first: 3, last: 3 },
  VEC: { first: 38, last: 38 },
  VSX: { first: 40, last: 40 },
  EE: { first: 48, last: 48 },
  PR: { first: 49, last: 49 },
  FP: { first: 50, last: 50 },
  ME: { first: 51, last: 51 },
  IR: { first: 58, last: 58 },
  DR: { first: 59, last: 59 },
  RI: { first: 62, last: 62 },
  LE: { first: 63, last: 63 },
} as const satisfies Record<string, RegisterField>;

/** A field of the MSR. */
export type MsrField = keyof typeof MSR_FIELDS;

function extract(value: bigint, { first, last }: RegisterField): number {
  return Number(
    (value >> BigInt(63 - last)) & ((1n << BigInt(last - first + 1)) - 1n),
  );
}

/** Takes an LPCR apart into the fields that the given CPU has. */
export function decodeLpcr(
  raw: bigint,
  cpu: "power8" | "power9",
): Partial<Record<LpcrField, number>> {
  const fields: Partial<Record<LpcrField, number>> = {};
  for (const [name, field] of Object.entries<RegisterField>(LPCR_FIELDS)) {
    if (field.cpu === undefined || field.cpu === cpu) {
      fields[name as LpcrField] = extract(raw, field);
    }
  }
  return fields;
}

/** Takes an MSR apart. */
export function decodeMsr(raw: bigint): Record<MsrField, number> {
  return Object.fromEntries(
    Object.entries(MSR_FIELDS).map((
      [name, field],
    ) => [name, extract(raw, field)]),
  ) as Record<MsrField, number>;
}
