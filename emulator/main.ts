// The emulator's process, started by the launcher.
import { faultEnding } from "./ending.ts";
import { ExitError } from "./exit_status.ts";
import { Lifeline } from "./lifeline.ts";
import { runEmulator, tellEnding } from "./run.ts";

async function main(): Promise<number> {
  try {
    const lifeline = new Lifeline();
    return tellEnding(
      await runEmulator(await lifeline.config, {
        onLoaded: () => lifeline.tellLoaded(),
        abandoned: lifeline.gone,
      }),
    );
  } catch (error) {
    if (error instanceof ExitError) return tellEnding(error);
    return tellEnding(faultEnding(error));
  }
}

if (import.meta.main) Deno.exit(await main());
