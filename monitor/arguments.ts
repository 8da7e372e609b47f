/**
 * Reads parameters as people type them: one JSON object or array, or words
 * such as `address=0x100 length=16`. A word's value is JSON where it can be
 * read so, and text otherwise.
 *
 * @throws {SyntaxError} When the text is neither
 */
export function parseArguments(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (/^[{[]/.test(trimmed)) return parseJson(trimmed);
  const params: Record<string, unknown> = {};
  for (const word of trimmed.split(/\s+/)) {
    const equals = word.indexOf("=");
    if (equals < 1) {
      throw new SyntaxError(
        `Cannot parse parameters, use JSON or NAME=VALUE: ${word}`,
      );
    }
    Object.defineProperty(params, word.slice(0, equals), {
      value: parseValue(word.slice(equals + 1)),
      enumerable: true,
      configurable: true,
    });
  }
  return params;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`Cannot parse parameters: ${reason}`);
  }
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
