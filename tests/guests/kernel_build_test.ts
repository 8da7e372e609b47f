import assert from "node:assert/strict";
import { missingOptions } from "../../guests/kernel_build.ts";

const FRAGMENT = new URL("../../guests/kernel.fragment", import.meta.url);

Deno.test("missingOptions() finds what Kconfig dropped", () => {
  const wanted = [
    "# a comment",
    "CONFIG_A=y",
    "CONFIG_B=y",
    "CONFIG_N=8",
    "# CONFIG_C is not set",
    "# CONFIG_D is not set",
    "# CONFIG_E is not set",
    "",
  ].join("\n");
  const config = [
    "CONFIG_A=y",
    "CONFIG_N=64",
    "# CONFIG_C is not set",
    "CONFIG_D=m",
  ].join("\n");
  assert.deepEqual(missingOptions(wanted, config), [
    "CONFIG_B=y",
    "CONFIG_N=8",
    "# CONFIG_D is not set",
  ]);
});

Deno.test("kernel.fragment names no option twice and leaves the byte order open", async () => {
  const text = await Deno.readTextFile(FRAGMENT);
  const options = [...text.matchAll(/\bCONFIG_\w+/g)].map(([name]) => name);
  assert(options.length > 100);
  assert.deepEqual(options, [...new Set(options)]);
  assert(!options.some((name) => name.endsWith("_ENDIAN")));
});
