// deno-lint-ignore-file no-console -- prints a report
/**
 * Prints how much of the instruction set there is (deno task isa), or writes
 * docs/isa.md (deno task docs).
 */
import { coverageReport, makeDocs, measureCoverage } from "./coverage.ts";

if (Deno.args.includes("--write")) {
  const path = new URL("../../../docs/isa.md", import.meta.url);
  Deno.writeTextFileSync(path, makeDocs());
} else {
  console.log(coverageReport());
  if (measureCoverage().missing.length > 0) Deno.exit(1);
}
