const OPENING = /[ \t\r\n]*\{[ \t\r\n]*"records"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*/y;
const BEFORE_ID = /\{[ \t\r\n]*"skyflow_id"[ \t\r\n]*:[ \t\r\n]*"/y;
const BEFORE_COLUMN = /"[ \t\r\n]*,[ \t\r\n]*"tokens"[ \t\r\n]*:[ \t\r\n]*\{[ \t\r\n]*/y;
const BEFORE_TOKEN = /[ \t\r\n]*:[ \t\r\n]*"/y;
const AFTER_TOKEN = /"[ \t\r\n]*\}[ \t\r\n]*\}/y;
const SEPARATOR = /[ \t\r\n]*,[ \t\r\n]*/y;
const CLOSING = /[ \t\r\n]*\][ \t\r\n]*\}[ \t\r\n]*$/y;

/**
 * Whether an insert answer is, character for character, one `{"skyflow_id":"…","tokens":{column:"…"}}` for each
 * token that was sent, in order, and nothing else. False says nothing: the answer must then be parsed.
 *
 * It accepts a part of JSON only: each piece of text is either matched against a grammar that has one reading
 * (no escapes, no other keys, so no duplicate ones either), or equal to what was matched for the first record.
 * So it never says yes where a full parse would not. `tokens` must need no escaping; `column` is quoted.
 */
export function scanAnswer(answer: string, tokens: readonly string[], column: string): boolean {
  const start = match(OPENING, answer, 0);
  const shape = firstShape(answer, start, tokens[0]?.length ?? 0, column);
  if (shape === undefined || (tokens.length > 1 && shape.between === undefined)) return false;
  const { beforeId, middle, afterToken, between = '' } = shape;

  let at = start + beforeId.length;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? '';
    const idEnd = endOfId(answer, at);
    if (idEnd === at || !holds(answer, middle, idEnd)) return false;
    const tokenStart = idEnd + middle.length;
    if (!holds(answer, token, tokenStart)) return false;
    const tail = index + 1 < tokens.length ? between : afterToken;
    at = tokenStart + token.length;
    if (!holds(answer, tail, at)) return false;
    at += tail.length;
  }
  return tokens.length > 0 && match(CLOSING, answer, at) === answer.length;
}

interface AnswerShape {
  readonly beforeId: string;
  /** From the end of an id to the beginning of its token. */
  readonly middle: string;
  readonly afterToken: string;
  /** From the end of a token to the beginning of the next id, when there is a next one. */
  readonly between: string | undefined;
}

/** The texts around id and token as the first record of this answer has them. */
function firstShape(
  answer: string,
  start: number,
  tokenLength: number,
  column: string,
): AnswerShape | undefined {
  const idStart = match(BEFORE_ID, answer, start);
  if (idStart < 0) return undefined;
  const idEnd = endOfId(answer, idStart);
  const columnStart = match(BEFORE_COLUMN, answer, idEnd);
  if (columnStart < 0 || !holds(answer, column, columnStart)) return undefined;
  const tokenStart = match(BEFORE_TOKEN, answer, columnStart + column.length);
  if (tokenStart < 0) return undefined;
  const tokenEnd = tokenStart + tokenLength;
  const recordEnd = match(AFTER_TOKEN, answer, tokenEnd);
  if (recordEnd < 0) return undefined;
  const beforeId = answer.slice(start, idStart);
  const next = match(SEPARATOR, answer, recordEnd);
  return {
    beforeId,
    middle: answer.slice(idEnd, tokenStart),
    afterToken: answer.slice(tokenEnd, recordEnd),
    between: next < 0 ? undefined : answer.slice(tokenEnd, next) + beforeId,
  };
}

/** The position after what `pattern` (sticky) matches at `at`, or -1. */
function match(pattern: RegExp, text: string, at: number): number {
  if (at < 0) return -1;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** By slices: V8 compares them many times faster than a loop over characters, or startsWith(). */
function holds(text: string, part: string, at: number): boolean {
  return text.slice(at, at + part.length) === part;
}

/** The end of a run of characters that stand for themselves inside a JSON string. */
function endOfId(text: string, from: number): number {
  let at = from;
  for (; ; at += 1) {
    const code = text.charCodeAt(at);
    if (!(code >= 0x20 && code !== 0x22 && code !== 0x5c)) return at;
  }
}
