// Writes wasm/ anew: deno run --allow-read --allow-write
// tests/cpu/engine/record_wasm_text.ts
import { PROGRAMS, textFile, textOf } from "./wasm_text.ts";

for (const program of PROGRAMS) {
  await Deno.writeTextFile(textFile(program.name), textOf(program));
}
