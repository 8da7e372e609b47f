// Which source file imports which, by their import statements.
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const SOURCE_FOLDERS = [
  "bench",
  "cpu",
  "emulator",
  "guests",
  "launcher",
  "machine",
  "monitor",
  "programs",
  "virtio",
];

const IMPORT = /^\s*(?:import|export|\}) ?[^"';]*from "(\.[^"]+)"/gm;

function* sourceFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sourceFiles(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

/** By file, the files that it imports; paths from the project's folder. */
export function readImports(): Map<string, string[]> {
  const files = [
    join(PROJECT, "main.ts"),
    join(PROJECT, "mod.ts"),
    ...SOURCE_FOLDERS.flatMap((name) => [...sourceFiles(join(PROJECT, name))]),
  ];
  return new Map(files.map((file) => {
    const text = Deno.readTextFileSync(file);
    const imported = [...text.matchAll(IMPORT)].map(([, specifier = ""]) =>
      relative(PROJECT, join(dirname(file), specifier))
    );
    return [relative(PROJECT, file), imported];
  }));
}

/** Files that import each other in a circle, if there are such. */
export function findCircle(
  imports: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (done.has(file)) return undefined;
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    path.push(file);
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = visit(file);
    if (circle) return circle;
  }
  return undefined;
}
