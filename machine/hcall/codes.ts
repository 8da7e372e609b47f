/**
 * Return codes of hypercalls (LoPAPR 14.5.1, table "Hypervisor call return
 * code values").
 *
 * @module
 */

/** Return codes by PAPR's names. */
export const H = {
  SUCCESS: 0,
  BUSY: 1,
  CLOSED: 2,
  NOT_AVAILABLE: 3,
  CONSTRAINED: 4,
  PARTIAL: 5,
  PAGE_REGISTERED: 15,
  CONTINUE: 18,
  HARDWARE: -1,
  FUNCTION: -2,
  PRIVILEGE: -3,
  PARAMETER: -4,
  BAD_MODE: -5,
  PTEG_FULL: -6,
  NOT_FOUND: -7,
  RESERVED_DABR: -8,
  NO_MEM: -9,
  AUTHORITY: -10,
  PERMISSION: -11,
  DROPPED: -12,
  SOURCE_PARM: -13,
  DEST_PARM: -14,
  REMOTE_PARM: -15,
  RESOURCE: -16,
  ADAPTER_PARM: -17,
  UNSUPPORTED: -67,
  P2: -55,
  P3: -56,
  P4: -57,
  P5: -58,
  P6: -59,
  P7: -60,
  P8: -61,
  P9: -62,
  UNSUPPORTED_FLAG: -256,
} as const;

const NAMES = new Map<number, string>(
  Object.entries(H).map(([name, code]) => [code, `H_${name}`]),
);

/** "H_P2" of -55; codes without a name are shown as numbers. */
export function returnCodeName(code: number): string {
  return NAMES.get(code) ?? String(code);
}
