// Boots a guest that fills its disk, flushes it, says so and goes on writing.
// Whoever started this kills it at the word.
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { LE } from "./guests.ts";

const [path = ""] = Deno.args;
const boot = new Boot(await LE.load(), {
  ...DEFAULT_CONFIGURATION,
  devices: [{ kind: "blk", path }],
});
boot.toShell();
boot.run("stty cols 400");
boot.run("mkdir -p /tmp; dd if=/dev/urandom of=/tmp/a bs=64k count=64");
const [digest] = boot.run("md5sum /tmp/a").split(" ");
boot.run("dd if=/tmp/a of=/dev/vda bs=64k conv=fsync");
Deno.stdout.writeSync(new TextEncoder().encode(`FLUSHED ${digest}\n`));
boot.run("while true; do dd if=/tmp/a of=/dev/vda bs=64k; done");
