import { strictEqual } from "node:assert/strict";
import { H_RTAS, rtasBlob } from "../../../machine/boot/rtas_blob.ts";
import { hasProgram, testWith } from "./support.ts";

const OBJDUMP = "powerpc64-linux-gnu-objdump";

Deno.test("rtasBlob() is five big-endian instructions", () => {
  const words = "7c641b78 3c600000 6063f000 44000022 4e800020";
  strictEqual(rtasBlob().toHex(), words.replaceAll(" ", ""));
  strictEqual(H_RTAS, 0xf000);
});

testWith("rtasBlob() disassembles to a hypercall and a return", {
  needs: { [OBJDUMP]: hasProgram(OBJDUMP) },
  fn() {
    const path = Deno.makeTempFileSync();
    try {
      Deno.writeFileSync(path, rtasBlob());
      const { stdout } = new Deno.Command(OBJDUMP, {
        args: ["-D", "-b", "binary", "-m", "powerpc:common64", "-EB", path],
      }).outputSync();
      const code = Array.from(
        new TextDecoder().decode(stdout).matchAll(
          /^ +\w+:\t(?:\w\w ){4}\t(.*)$/gm,
        ),
        ([, instruction]) => instruction!.trim().replaceAll(/ +/g, " "),
      );
      strictEqual(
        code.join("; "),
        "mr r4,r3; lis r3,0; ori r3,r3,61440; sc 1; blr",
      );
    } finally {
      Deno.removeSync(path);
    }
  },
});
