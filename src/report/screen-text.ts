import { stripVTControlCharacters } from 'node:util';

/** Control, format (bidi overrides, zero width), surrogate, private and line-separating characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{16fe0}-\u{18dff}\u{1b000}-\u{1b2ff}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}])$/u;

/**
 * Text from outside as one harmless line: no escape sequences, no line breaks or other control characters, at
 * most `maxLength` characters, a cut marked by an ellipsis.
 */
export function singleLine(text: string, maxLength = 500): string {
  const bounded = text.length > maxLength * 4 ? text.slice(0, maxLength * 4) : text;
  const clean = stripVTControlCharacters(bounded).replace(UNPRINTABLE, ' ').replace(/ {2,}/g, ' ').trim();
  const characters = Array.from(clean);
  if (characters.length <= maxLength && bounded === text) return clean;
  return `${characters.slice(0, Math.max(0, maxLength - 3)).join('')}...`;
}

/** Columns that `text` takes on a terminal, colours not counted; rather one too many than one too few. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (character >= ' ' && character <= '~') width += 1;
    else if (!ZERO_WIDTH.test(character)) width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** The longest beginning of uncoloured `text` that fits into `columns`, a cut marked by `ellipsis`. */
export function cutToWidth(text: string, columns: number, ellipsis: string): string {
  if (displayWidth(text) <= columns) return text;
  const room = columns - displayWidth(ellipsis);
  if (room < 0) return '';
  let kept = '';
  let width = 0;
  for (const character of text) {
    const next = displayWidth(character);
    if (width + next > room) break;
    kept += character;
    width += next;
  }
  return kept + ellipsis;
}

/** Uncoloured `text` in lines of at most `columns`, broken between words, and inside a word only if it must be. */
export function wrapWords(text: string, columns: number): string[] {
  return wrap(text, columns, () => true);
}

/** The same, but paths and addresses are never broken: they are copied, and a terminal folds them by itself. */
export function wrapProse(text: string, columns: number): string[] {
  return wrap(text, columns, (word) => !word.includes('/'));
}

function wrap(text: string, columns: number, mayBreak: (word: string) => boolean): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ (?!(?:s|ms|min|h)\b)/)) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    if (!mayBreak(word)) {
      line = word;
      continue;
    }
    for (const character of word) {
      if (line !== '' && displayWidth(line + character) > columns) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

/** The colours that `paint` makes, line ends and tabs: all that may move or change a terminal. */
const OURS = new RegExp(String.raw`(\u001b\[(?:1|2|22|3[1236]|39)m|[\n\t])`);

/**
 * Text of several lines as a terminal may have it, wherever its parts come from (names of files, keys, reports, runs of
 * others): colours of ours stay, every other sequence and character that a terminal obeys goes.
 */
export function printable(text: string): string {
  return text
    .split(OURS)
    .map((part, at) => (at % 2 === 1 ? part : stripVTControlCharacters(part).replace(UNPRINTABLE, ' ')))
    .join('');
}

/** A JSON document for a terminal too: what a terminal obeys is written as escapes, which is the same document. */
export function printableJson(content: unknown): string {
  const escaped = (text: string): string =>
    Array.from(
      { length: text.length },
      (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join('');
  return JSON.stringify(content, undefined, 2)
    .split('\n')
    .map((line) => line.replace(UNPRINTABLE, escaped))
    .join('\n');
}

/** Advice in lines of at most `columns`; a command at the end of one (`…: skyflow-supervise …`) stays whole, on a line of its own. */
export function wrapAdvice(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => {
    const [, words, command] = /^(.*:) (skyflow-supervise .+)$/.exec(line) ?? [];
    if (words === undefined || command === undefined) return wrapProse(line, columns);
    return displayWidth(line) <= columns ? [line] : [...wrapProse(words, columns), `  ${command}`];
  });
}

/** Prose in lines of at most `columns`, indented by two, further lines by four. */
export function hanging(text: string, columns: number): string[] {
  return wrapProse(singleLine(text, 2000), Math.max(20, columns - 4)).map(
    (line, at) => (at === 0 ? '  ' : '    ') + line,
  );
}

/** Whole commands, which are pasted. */
const COMMAND = /^ *(?:npx )?skyflow-supervise /;

/**
 * Text of any kind for a terminal of `columns`: lines that are wider are broken between words, their indent kept; lines drawn
 * across are cut. Commands, paths and addresses stay whole: the terminal folds them by itself, and they are copied.
 */
export function foldLines(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (displayWidth(line) <= columns || COMMAND.test(stripVTControlCharacters(line))) return [line];
      const cut = line.replace(/([^\s\w.])\1{19,}/u, (drawn) => drawn.slice(0, columns - 2));
      const own = /^ */.exec(cut)?.[0] ?? '';
      // What stood far to the right of something has no room there.
      const indent = own.length > columns / 2 ? '    ' : own;
      const room = Math.max(10, columns - indent.length - 2);
      return wrap(cut.slice(own.length), room, () => false).map(
        (part, at) => `${indent}${at === 0 || indent === '' ? '' : '  '}${part}`,
      );
    })
    .join('\n');
}
