import assert from "node:assert/strict";
import { emitRareHandlers } from "../../../cpu/engine/handlers.ts";
import { handlersOf } from "../../../cpu/engine/handlers_of.ts";
import { emitInterpreter } from "../../../cpu/engine/interpreter.ts";
import { emitRegion } from "../../../cpu/engine/jit/compile.ts";
import { EffectsOf } from "../../../cpu/engine/jit/effects.ts";
import { discoverRegion } from "../../../cpu/engine/jit/region.ts";
import { layOutMemory } from "../../../cpu/engine/layout.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { disassembleModule } from "../../../cpu/wasm/disassembler.ts";
import { ModuleBuilder } from "../../../cpu/wasm/module.ts";

Deno.test("disassembleModule() indents by nesting and names what is imported and exported", () => {
  const module = new ModuleBuilder({ initial: 1, maximum: 1 });
  const log = module.importFunction("log", {
    parameters: ["i64"],
    results: [],
  });
  const { index, code } = module.function({
    parameters: ["i32", "i64"],
    results: ["i32"],
  });
  const again = code.loop();
  code.get(1);
  code.i64(-(2n ** 40n));
  code.op("i64.add");
  code.call(log);
  code.get(0);
  code.memory("i32.load8_u", 300);
  code.if(true);
  code.br(again);
  code.else();
  code.get(0);
  code.brTable([again], again);
  code.end();
  code.end();
  code.i32(-5);
  module.export("count", index);
  const bytes = module.bytes();
  assert(WebAssembly.validate(bytes));
  assert.equal(
    disassembleModule(bytes),
    `import 0 env.log (i64) -> ()
function 1 (i32 i64) -> (i32) "count"
  loop
    local.get 1
    i64.const -1099511627776
    i64.add
    call 0
    local.get 0
    i32.load8_u offset=300 align=1
    if
      br 1
    else
      local.get 0
      br_table 1 1
    end
  end
  i32.const -5`,
  );
});

Deno.test("disassembleModule() knows every instruction that the engines emit", () => {
  const layout = layOutMemory({
    ramBytes: 1 << 20,
    vcpus: 2,
    hashTableBytes: 1 << 18,
    sharedBytes: 0,
  });
  const table = handlersOf("power9");
  const mode = { littleEndian: true, sixtyFour: true, layout };
  const common = emitInterpreter(table, { ...mode, exact: false });
  assert(disassembleModule(common).split("\n").length > 10_000);
  const rare = emitRareHandlers(table, { ...mode, exact: false });
  assert(disassembleModule(rare).split("\n").length > 10_000);
});

Deno.test("disassembleModule() knows every instruction that regions are made of", () => {
  const layout = layOutMemory({
    ramBytes: 1 << 20,
    vcpus: 2,
    hashTableBytes: 1 << 18,
    sharedBytes: 0,
  });
  const mode = { littleEndian: false, sixtyFour: true };
  const effects = new EffectsOf(layout, mode);
  let lines = 0;
  for (const row of ISA) {
    // Twice: a comparison's second finds what the first has left.
    const words = [row.match, row.match].map((word) => word | 0);
    const region = discoverRegion({
      word: (place) => words[place],
      decode: () => row,
      effects: (instruction, word) => effects.get(instruction, word),
      isSeen: (place) => place in words,
      isWanted: () => false,
    }, 0);
    assert(region, row.name);
    const [vcpu] = layout.vcpus;
    const bytes = emitRegion(region, {
      layout,
      mode,
      state: vcpu?.state ?? 0,
      pages: new Map([[0, { decoded: vcpu?.pool ?? 0, serial: 1 }]]),
      handler: () => 1,
    });
    lines += disassembleModule(bytes).split("\n").length;
  }
  assert(lines > 100_000, `${lines} lines`);
});

Deno.test("disassembleModule() refuses what is cut short", () => {
  const module = new ModuleBuilder({ initial: 1, maximum: 1 });
  module.function({ parameters: [], results: [] }).code.i32(1000);
  const bytes = module.bytes();
  assert.throws(() => disassembleModule(bytes.subarray(0, bytes.length - 2)), {
    name: "RangeError",
    message: "Cannot read module: it ends too early",
  });
});
