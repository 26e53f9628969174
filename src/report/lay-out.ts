import { stripVTControlCharacters } from 'node:util';
import { BETWEEN_WORDS, displayWidth, singleLine } from './screen-text.js';
import { pathsSeenFrom } from './seen-from.js';

/** Text for people is no wider than this, however wide the terminal. */
export const widestColumns = 80;

/** Where a text is read. */
export interface Page {
  /** Of the terminal; absent: there is none. */
  readonly columns?: number | undefined;
  /** Where the person is who reads it there: places below it are written from there. */
  readonly folder?: string | undefined;
}

/** How wide text for people may be there. */
export function columnsOf({ columns = widestColumns }: Page): number {
  return Math.min(widestColumns, columns);
}

/**
 * Paragraphs, each of one line however long, as a text for people: whoever makes them breaks none, so that all are broken once, by
 * the width that there is.
 */
export function layOut(paragraphs: readonly string[], page: Page): string {
  const text = `${paragraphs.join('\n')}\n`;
  return foldLines(page.folder === undefined ? text : pathsSeenFrom(page.folder, text), columnsOf(page));
}

/**
 * Text of any kind for `columns`: lines that are wider are broken between words, and go on below where they began: behind a mark
 * or a label, or a little further in. Lines drawn across are cut. Commands, paths and other long words stay whole: the terminal
 * folds them by itself, and they are copied.
 */
export function foldLines(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => foldLine(line, columns))
    .join('\n');
}

const COMMAND = /^ *(?:(?:npx )?skyflow-supervise |tar -)/;
/** Words, and a command at the end of them, which is pasted. */
const ADVICE = /^(.*:) ((?:npx )?skyflow-supervise .+)$/;
const DRAWN = /([^\s\w.])\1{19,}/u;

/** A paragraph among the lines of a text, indented by two. */
export function hanging(text: string, columns: number): string[] {
  return foldLine(`  ${singleLine(text, 2000)}`, columns);
}

/** One line, of which commands and paths stay whole. */
export function foldLine(line: string, columns: number): string[] {
  if (displayWidth(line) <= columns || COMMAND.test(stripVTControlCharacters(line))) return [line];
  const [, words, command] = ADVICE.exec(line) ?? [];
  if (words !== undefined && command !== undefined)
    return [...foldLine(words, columns), `${hangOf(words, columns)}  ${command}`];
  const cut = line.replace(DRAWN, (drawn) => drawn.slice(0, columns - 2));
  const own = /^ */.exec(cut)?.[0] ?? '';
  // What stood far to the right of something has no room there.
  const first = displayWidth(/^ *(\S*)/.exec(cut)?.[1] ?? '');
  const goesLeft = own.length > columns / 2 || (own.length + first > columns && 4 + first <= columns);
  return fill(goesLeft && own.length > 4 ? `    ${cut.slice(own.length)}` : cut, columns);
}

/** Where the next lines of a paragraph begin. */
function hangOf(line: string, columns: number): string {
  const bare = stripVTControlCharacters(line);
  const [begin = '', indent = '', mark = ''] = /^( *)([^\p{L}\p{N}\s"'(/[] )?/u.exec(bare) ?? [];
  if (mark !== '') return ' '.repeat(displayWidth(begin));
  const label = /^ *\S.*? {2,}(?=\S)/.exec(bare)?.[0];
  if (label !== undefined && displayWidth(label) <= columns / 2) return ' '.repeat(displayWidth(label));
  return indent === '' && label === undefined ? '' : `${indent}  `;
}

/** A command within a sentence, or what is typed, stands in one line. */
const QUOTED = /`[^`\n]{1,60}`/g;
/** No text has one: whatever moves the cursor is taken out before. */
const BOND = '\u0000';
const bind = (text: string): string => text.replaceAll(' ', BOND);

function fill(line: string, columns: number): string[] {
  const words = line.replaceAll(QUOTED, bind).split(BETWEEN_WORDS);
  // What is too long to stand there stands further to the left, and so does what follows.
  const longest = Math.max(...words.map(displayWidth));
  const wanted = hangOf(line, columns);
  const hang = wanted.length + longest > columns ? wanted.slice(0, 4) : wanted;
  const lines: string[] = [];
  let begun: string | undefined;
  for (const bound of words) {
    const word = bound.replaceAll(BOND, ' ');
    const joined: string = begun === undefined ? word : `${begun} ${word}`;
    if (
      begun === undefined ||
      stripVTControlCharacters(begun).trim() === '' ||
      displayWidth(joined) <= columns
    ) {
      begun = joined;
      continue;
    }
    lines.push(begun.trimEnd());
    begun = hang + word;
  }
  return [...lines, (begun ?? '').trimEnd()];
}
