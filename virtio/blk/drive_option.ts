/**
 * The text of `--drive`: `FILE[,readonly][,serial=TEXT]`.
 *
 * @module
 */

/** A drive as a person asks for it. */
export interface DriveOption {
  readonly path: string;
  readonly readonly: boolean;
  readonly serial: string | undefined;
}

/**
 * Reads the text of a drive option.
 *
 * @throws {SyntaxError} If there is no file, or an unknown or repeated setting
 */
export function parseDriveOption(text: string): DriveOption {
  const [path = "", ...settings] = text.split(",");
  if (path === "") throw wrong(text, "there is no file");
  const names = settings.map((setting) => setting.split("=", 1)[0]);
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  if (repeated !== undefined) throw wrong(text, `${repeated} comes twice`);
  let readonly = false;
  let serial: string | undefined;
  for (const setting of settings) {
    if (setting === "readonly") readonly = true;
    else if (setting.startsWith("serial=")) {
      serial = setting.slice("serial=".length);
    } else throw wrong(text, `unknown setting ${setting}`);
  }
  return { path, readonly, serial };
}

function wrong(text: string, reason: string): SyntaxError {
  return new SyntaxError(`Cannot read drive ${text}: ${reason}`);
}
