// The program: deno task run --help
import { launch } from "./launcher/launch.ts";

if (import.meta.main) Deno.exit(await launch(Deno.args));
