/** Where a test's share lies, with something outside that must stay so. */
export interface Folders {
  /** The shared folder. */
  readonly share: string;
  /** Beside it: a file `secret` with the text "secret". */
  readonly outside: string;
}

/** Gives a test a folder to share, and takes it away afterwards. */
export function withFolders(work: (folders: Folders) => void): void {
  const root = Deno.makeTempDirSync({ prefix: "janus-p9-" });
  const folders = { share: `${root}/share`, outside: `${root}/outside` };
  try {
    Deno.mkdirSync(folders.share);
    Deno.mkdirSync(folders.outside);
    Deno.writeTextFileSync(`${folders.outside}/secret`, "secret");
    work(folders);
  } finally {
    unlock(root);
    Deno.removeSync(root, { recursive: true });
  }
}

/** A guest may have made folders that nobody can look into. */
function unlock(folder: string): void {
  Deno.chmodSync(folder, 0o755);
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) unlock(`${folder}/${name}`);
  }
}

/** Whether what is outside is as it was. */
export function outsideIsUntouched({ outside }: Folders): boolean {
  const names = [...Deno.readDirSync(outside)].map(({ name }) => name);
  return names.join() === "secret" &&
    Deno.readTextFileSync(`${outside}/secret`) === "secret";
}
