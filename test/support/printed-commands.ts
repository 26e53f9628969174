/** The commands of this program that stand in a text on lines of their own or behind words, as argv. */
export function printedCommands(text: string): string[][] {
  return [...text.matchAll(/(?:npx )?skyflow-supervise ([^\n`]+)/g)].map(([, words = '']) =>
    words
      .replace(/\s+#.*$/, '')
      .trim()
      .split(/\s+/),
  );
}

/** The one printed command that contains these words. */
export function printedCommand(text: string, ...having: readonly string[]): string[] {
  const found = printedCommands(text).filter((argv) => having.every((word) => argv.includes(word)));
  const [only] = found;
  if (only === undefined || found.some((argv) => argv.join(' ') !== only.join(' '))) {
    throw new Error(`${found.length} commands with ${having.join(' ')} in:\n${text}`);
  }
  return only;
}
