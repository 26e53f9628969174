import { columnsOf, foldLines } from '../../src/report/lay-out.js';
import { printable, printableJson } from '../../src/report/screen-text.js';
import { pathsSeenFrom } from '../../src/report/seen-from.js';

interface Writable {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/**
 * The one way in which text goes to a person: nothing in it moves the cursor, sets a title or turns the reading direction,
 * whoever wrote it, commands can be pasted as they stand, at a terminal no word is broken, lines are
 * as long in one as in the next, however wide it is, and places are seen from where the person is. Views that do move the cursor clean their
 * lines, and add to them.
 */
export function writeForPeople(stream: Writable, text: string): void {
  const clean = printable(asTyped(text));
  const { isTTY = false, columns = 0 } = stream;
  stream.write(
    isTTY && columns > 0 ? foldLines(pathsSeenFrom(here(), clean), columnsOf({ columns })) : clean,
  );
}

/** The folder that a person at the terminal is in, or the root where that is gone. */
export function here(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/** What is copied as it stands, or read by programs: no line of it is broken, however narrow the terminal. */
export function writeUnbroken(text: string): void {
  process.stdout.write(printable(text));
}

/** A JSON document on stdout. */
export function writeDocument(content: unknown): void {
  process.stdout.write(`${printableJson(content)}\n`);
}

/** What npx and the scripts of the checkout call themselves. */
const THROUGH_NPM = new Set(['npx', 'start', 'demo']);

/**
 * Commands of ours in `text` as they can be pasted where this one was typed: what was begun through npm is not in the
 * PATH, and npx finds it.
 */
export function asTyped(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (!THROUGH_NPM.has(env['npm_lifecycle_event'] ?? '')) return text;
  return text.replaceAll(/(?<!npx |[/@.])skyflow-supervise (?=-|[a-z])/g, 'npx $&');
}
