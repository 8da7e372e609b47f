const WIDTH = 78;

/** Lays out a result for a person: one member a line, short lists on one. */
export function describeResult(result: unknown): string[] {
  if (isEmpty(result)) return [Array.isArray(result) ? "none" : "done"];
  return isNested(result) ? layOut(result) : [inline(result)];
}

type Nested = unknown[] | Record<string, unknown>;

function isNested(value: unknown): value is Nested {
  return typeof value === "object" && value !== null;
}

function isEmpty(value: unknown): boolean {
  return isNested(value) && Object.keys(value).length === 0;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (!isNested(value)) return String(value);
  const members = Object.entries(value).map(([name, member]) =>
    `${name}: ${inline(member)}`
  );
  return members.join(", ");
}

// A line shows a list, or an object of plain values; deeper ones are unfolded.
function fitsLine(value: Nested, indent: number): boolean {
  return Object.values(value).every((member) => !isNested(member)) &&
    inline(value).length + indent <= WIDTH;
}

function layOut(value: Nested): string[] {
  if (Array.isArray(value)) {
    return value.every((member) => !isNested(member))
      ? wrap(value.map(String))
      : value.flatMap((member) => bullet(member));
  }
  return Object.entries(value).flatMap(([name, member]) => {
    if (!isNested(member) || isEmpty(member) || fitsLine(member, name.length)) {
      return [`${name}: ${inline(member)}`];
    }
    return [`${name}:`, ...layOut(member).map((line) => `  ${line}`)];
  });
}

function bullet(value: unknown): string[] {
  const lines = isNested(value) && !fitsLine(value, 2)
    ? layOut(value)
    : [inline(value)];
  return lines.map((line, i) => `${i === 0 ? "-" : " "} ${line}`);
}

function wrap(words: string[]): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
