import assert from "node:assert/strict";
import { InputLog } from "../../emulator/input_log.ts";

const key = { kind: "console", bytes: Uint8Array.of(1) } as const;

Deno.test("InputLog keeps inputs with their stamps", () => {
  const log = new InputLog();
  const call = { kind: "call", method: "stop", params: { a: 1n } } as const;
  log.add(key, 10);
  log.add(call, 20);
  assert.deepEqual(log.take(), {
    inputs: [
      { instructions: 10, input: key },
      { instructions: 20, input: call },
    ],
    truncated: false,
  });
});

Deno.test("InputLog keeps nothing behind what did not fit", () => {
  const log = new InputLog(300);
  const large = { kind: "console", bytes: new Uint8Array(400) } as const;
  log.add(key, 1);
  log.add(large, 2);
  log.add(key, 3);
  const { inputs, truncated } = log.take();
  assert.deepEqual(inputs.map(({ instructions }) => instructions), [1]);
  assert.equal(truncated, true);
});
