/**
 * RTAS calls about the platform as a whole: power, time, parameters, NVRAM,
 * events (LoPAPR 7.3).
 *
 * @module
 */
import { EVENT_CLASS } from "../events.ts";
import { RTAS, type RtasCall, type RtasContext } from "./table.ts";

/** First token; the others follow in the order of the peer's table. */
const TOKEN = 0x2000;

function displayCharacter(call: RtasContext): number {
  call.world.terminals.find(0)?.put(Uint8Array.of(call.arg(0) & 0xff));
  return RTAS.SUCCESS;
}

function getTimeOfDay(call: RtasContext): number {
  const time = call.world.realTimeClock.get();
  [
    time.year,
    time.month,
    time.day,
    time.hour,
    time.minute,
    time.second,
    time.nanosecond,
  ].forEach((value, i) => call.result(i + 1, value));
  return RTAS.SUCCESS;
}

function setTimeOfDay(call: RtasContext): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = Array
    .from({ length: 6 }, (_, i) => call.arg(i));
  const ok = call.world.realTimeClock.set({
    year,
    month,
    day,
    hour,
    minute,
    second,
    nanosecond: 0,
  });
  return ok ? RTAS.SUCCESS : RTAS.PARAMETER_ERROR;
}

function powerOff(call: RtasContext): number {
  call.world.end("power-off");
  return RTAS.SUCCESS;
}

function systemReboot(call: RtasContext): number {
  call.world.end("reset");
  return RTAS.SUCCESS;
}

/** Longest message of ibm,os-term that is kept. */
const MESSAGE_LIMIT = 512;

function osTerm(call: RtasContext): number {
  const { ram } = call.world;
  const at = call.arg(0);
  let message = "";
  for (let i = 0; i < MESSAGE_LIMIT && ram.contains(at + i, 1); i++) {
    const byte = ram.u8(at + i);
    if (byte === 0) break;
    message += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".";
  }
  call.world.end("panic", message);
  return RTAS.SUCCESS;
}

/** System parameters (LoPAPR 7.3.16): length in two bytes, then the value. */
const PARAMETER = {
  splparCharacteristics: 20,
  diagnosticsRunMode: 42,
} as const;

function systemParameter(
  call: RtasContext,
  parameter: number,
): Uint8Array | undefined {
  const { platform } = call.world;
  switch (parameter) {
    case PARAMETER.splparCharacteristics:
      return new TextEncoder().encode(
        `MaxEntCap=${platform.vcpus},DesMem=${
          platform.memoryBytes / 2 ** 20
        },DesProcs=${platform.vcpus},MaxPlatProcs=${platform.vcpus}\0`,
      );
    case PARAMETER.diagnosticsRunMode:
      return Uint8Array.of(0);
    default:
      return undefined;
  }
}

function getSystemParameter(call: RtasContext): number {
  const value = systemParameter(call, call.arg(0));
  const { ram } = call.world;
  const [buffer, length] = [call.arg(1), call.arg(2)];
  if (!value) return RTAS.PARAMETER_ERROR;
  if (length < 2 || !ram.contains(buffer, length)) {
    return RTAS.SYSPARM_PARAM_ERROR;
  }
  ram.setU16(buffer, value.length);
  ram.write(buffer + 2, value.subarray(0, length - 2));
  return RTAS.SUCCESS;
}

/** Every parameter that there is can only be read. */
function setSystemParameter(call: RtasContext): number {
  return systemParameter(call, call.arg(0))
    ? RTAS.NOT_AUTHORIZED
    : RTAS.PARAMETER_ERROR;
}

function nvramFetch(call: RtasContext): number {
  const { ram, nvram } = call.world;
  const [offset, buffer, length] = [call.arg(0), call.arg(1), call.arg(2)];
  if (!ram.contains(buffer, length)) return RTAS.PARAMETER_ERROR;
  const bytes = nvram.read(offset, length);
  ram.write(buffer, bytes);
  call.result(1, bytes.length);
  return bytes.length === length ? RTAS.SUCCESS : RTAS.PARAMETER_ERROR;
}

function nvramStore(call: RtasContext): number {
  const { ram, nvram } = call.world;
  const [offset, buffer, length] = [call.arg(0), call.arg(1), call.arg(2)];
  if (!ram.contains(buffer, length)) return RTAS.PARAMETER_ERROR;
  // A view: the guest chooses the length, which may be all of RAM.
  const written = nvram.write(offset, ram.view(buffer, length));
  call.result(1, written);
  return written === length ? RTAS.SUCCESS : RTAS.PARAMETER_ERROR;
}

/** Writes the next event of the mask into the buffer, cut to its length. */
function fetchEvent(
  { world }: RtasContext,
  { mask, buffer, length }: { mask: number; buffer: number; length: number },
): number {
  // Checked first: an event that finds no room is not lost.
  if (!world.ram.contains(buffer, length)) return RTAS.PARAMETER_ERROR;
  const event = world.takeEvent(mask);
  if (!event) return RTAS.NO_ERRORS_FOUND;
  world.ram.write(buffer, event.subarray(0, length));
  return RTAS.SUCCESS;
}

function checkException(call: RtasContext): number {
  const [mask, buffer, length] = [call.arg(2), call.arg(4), call.arg(5)];
  return fetchEvent(call, { mask, buffer, length });
}

/** Polling finds the events of check-exception but EPOW: it interrupts. */
function eventScan(call: RtasContext): number {
  const [mask, buffer, length] = [call.arg(0), call.arg(2), call.arg(3)];
  return fetchEvent(call, { mask: mask & ~EVENT_CLASS.epow, buffer, length });
}

/** Power stays on: the level is accepted and reported as it was asked. */
function setPowerLevel(call: RtasContext): number {
  const [domain, level] = [call.arg(0), call.arg(1)];
  if (domain !== LIVE_INSERTION_DOMAIN) return RTAS.PARAMETER_ERROR;
  call.result(1, level);
  return RTAS.SUCCESS;
}

function getPowerLevel(call: RtasContext): number {
  if (call.arg(0) !== LIVE_INSERTION_DOMAIN) return RTAS.PARAMETER_ERROR;
  call.result(1, 100);
  return RTAS.SUCCESS;
}

/** The one power domain of a partition: all of it. */
const LIVE_INSERTION_DOMAIN = 0xffffffff;

/** Argument and result counts are LoPAPR's. */
export const platformCalls: readonly RtasCall[] = [
  {
    name: "display-character",
    token: TOKEN + 0x00,
    args: 1,
    results: 1,
    handle: displayCharacter,
  },
  {
    name: "get-time-of-day",
    token: TOKEN + 0x01,
    args: 0,
    results: 8,
    handle: getTimeOfDay,
  },
  {
    name: "set-time-of-day",
    token: TOKEN + 0x02,
    args: 7,
    results: 1,
    handle: setTimeOfDay,
  },
  {
    name: "power-off",
    token: TOKEN + 0x03,
    args: 2,
    results: 1,
    handle: powerOff,
  },
  {
    name: "system-reboot",
    token: TOKEN + 0x04,
    args: 0,
    results: 1,
    handle: systemReboot,
  },
  {
    name: "ibm,get-system-parameter",
    token: TOKEN + 0x08,
    args: 3,
    results: 1,
    handle: getSystemParameter,
  },
  {
    name: "ibm,set-system-parameter",
    token: TOKEN + 0x09,
    args: 2,
    results: 1,
    handle: setSystemParameter,
  },
  {
    name: "check-exception",
    token: TOKEN + 0x0e,
    args: 6,
    results: 1,
    handle: checkException,
  },
  {
    name: "event-scan",
    token: TOKEN + 0x0f,
    args: 4,
    results: 1,
    handle: eventScan,
  },
  {
    name: "nvram-fetch",
    token: TOKEN + 0x12,
    args: 3,
    results: 2,
    handle: nvramFetch,
  },
  {
    name: "nvram-store",
    token: TOKEN + 0x13,
    args: 3,
    results: 2,
    handle: nvramStore,
  },
  {
    name: "set-power-level",
    token: TOKEN + 0x1b,
    args: 2,
    results: 2,
    handle: setPowerLevel,
  },
  {
    name: "get-power-level",
    token: TOKEN + 0x1c,
    args: 1,
    results: 2,
    handle: getPowerLevel,
  },
  {
    name: "ibm,os-term",
    token: TOKEN + 0x1f,
    args: 1,
    results: 1,
    handle: osTerm,
  },
];
