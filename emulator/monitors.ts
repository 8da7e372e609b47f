import type { MonitorBackend } from "../monitor/backend.ts";
import { MonitorServer } from "../monitor/server.ts";
import type { ListenOptions } from "../monitor/transports/mod.ts";
import type { EmulatorConfig } from "./config.ts";
import { ExitError, messageOf } from "./exit_status.ts";
import { tell } from "./stderr.ts";

/**
 * Opens the monitors of a run, and tells where they listen.
 *
 * @throws {ExitError} If an address or a file cannot be had
 */
export async function openMonitors(
  backend: MonitorBackend,
  config: Pick<EmulatorConfig, "monitors" | "credentials">,
): Promise<MonitorServer> {
  const server = new MonitorServer(backend, { log: tell });
  const options = readCredentials(config);
  for (const address of config.monitors) {
    try {
      const bound = await server.listen(address, options);
      if (bound !== "stdio") tell(`Monitor listens at ${bound}`);
    } catch (error) {
      await server.close();
      throw ExitError.usage(messageOf(error), { cause: error });
    }
  }
  return server;
}

function readCredentials(
  { credentials }: Pick<EmulatorConfig, "credentials">,
): ListenOptions {
  const { tokenFile, certFile, keyFile } = credentials;
  const token = tokenFile === undefined
    ? undefined
    : read("--monitor-token-file", tokenFile).trim();
  if (certFile === undefined || keyFile === undefined) return { token };
  const cert = read("--monitor-cert", certFile);
  const key = read("--monitor-key", keyFile);
  return { token, tls: { cert, key } };
}

function read(option: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw ExitError.usage(
      `Cannot use ${option} ${path}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
