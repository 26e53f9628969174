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

/** Where a line may be broken: a figure is not parted from its unit. */
export const BETWEEN_WORDS =
  / (?!(?:(?:s|ms|min|h|k|M|B|[KMGT]iB|[MG]B)\b|%|(?<=\d )(?:records?\/sec|rec\/s|req\/s|Mbit\/s|in flight)))/;

/** Uncoloured `text` in lines of at most `columns`, broken between words, and inside a word only if it must be. */
export function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BETWEEN_WORDS)) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
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
