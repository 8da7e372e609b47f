/** Colours of a terminal, each named after what it is for. */
export interface Paint {
  /** Headings. */
  readonly strong: (text: string) => string;
  /** What is over, or of little weight. */
  readonly faint: (text: string) => string;
  /** What waits to be taken. */
  readonly waiting: (text: string) => string;
  /** What is being worked on. */
  readonly taken: (text: string) => string;
  /** What is wrong. */
  readonly alarm: (text: string) => string;
}

const same = (text: string) => text;

/** No colours: for files, pipes, and those who set NO_COLOR. */
export const plain: Paint = {
  strong: same,
  faint: same,
  waiting: same,
  taken: same,
  alarm: same,
};

/** Select graphic rendition (ECMA-48 8.3.117). */
const rendered = (code: number) => (text: string) =>
  text === "" ? "" : `\x1b[${code}m${text}\x1b[0m`;

/** The colours that every terminal has. */
export const coloured: Paint = {
  strong: rendered(1),
  faint: rendered(2),
  waiting: rendered(33),
  taken: rendered(36),
  alarm: rendered(31),
};
