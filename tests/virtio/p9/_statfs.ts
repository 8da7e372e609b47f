/** Prints what Tstatfs gives of a share: of its root, a file, and a link. */
import { Client } from "./_client.ts";

const [folder = ""] = Deno.args;
const client = Client.attached({ folder });
client.writeFile("file", "text");
const replies = ["", "file", "link"].map((path) => {
  const reply = client.call("statfs", { fid: client.walk(path) });
  return Object.fromEntries(
    Object.entries(reply).map(([name, value]) => [name, Number(value)]),
  );
});
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(replies)));
