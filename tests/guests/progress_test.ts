import assert from "node:assert/strict";
import { formatBytes, formatProgress } from "../../guests/progress.ts";

Deno.test("formatBytes() picks the unit", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [31_234_932, "31.2 MB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [5e15, "5000.0 TB"],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

Deno.test("formatProgress() shows what is known", () => {
  const progress = { step: 2, steps: 4, text: "Downloading" };
  assert.equal(formatProgress(progress), "[2/4] Downloading");
  assert.equal(
    formatProgress({ ...progress, doneBytes: 1000 }),
    "[2/4] Downloading: 1.0 kB",
  );
  assert.equal(
    formatProgress({ ...progress, doneBytes: 0, totalBytes: 2_000_000 }),
    "[2/4] Downloading: 0 B of 2.0 MB",
  );
});
