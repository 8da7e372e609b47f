// Writes docs/monitor.md from the table: deno task docs
import { makeDocs } from "./docs.ts";

if (import.meta.main) {
  const path = new URL("../docs/monitor.md", import.meta.url);
  Deno.mkdirSync(new URL(".", path), { recursive: true });
  Deno.writeTextFileSync(path, makeDocs());
}
