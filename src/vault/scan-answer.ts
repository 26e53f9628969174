const OPENING = /[ \t\r\n]*\{[ \t\r\n]*"records"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*/y;
const BEFORE_ID = /\{[ \t\r\n]*"skyflow_id"[ \t\r\n]*:[ \t\r\n]*"/y;
/** Characters that stand for themselves inside a JSON string. */
const ID = String.raw`[^"\\\u0000-\u001f]+`;
const ID_PATTERN = new RegExp(ID, 'y');
const BEFORE_COLUMN = /"[ \t\r\n]*,[ \t\r\n]*"tokens"[ \t\r\n]*:[ \t\r\n]*\{[ \t\r\n]*/y;
const BEFORE_TOKEN = /[ \t\r\n]*:[ \t\r\n]*"/y;
const AFTER_TOKEN = /"[ \t\r\n]*\}[ \t\r\n]*\}/y;
const SEPARATOR = /[ \t\r\n]*,[ \t\r\n]*/y;
const CLOSING = /"[ \t\r\n]*\}[ \t\r\n]*\}[ \t\r\n]*\][ \t\r\n]*\}[ \t\r\n]*$/y;

/** Characters between two tokens, the id apart. */
const LONGEST_BETWEEN = 4096;

/**
 * Whether an insert answer is, character for character, one `{"skyflow_id":"…","tokens":{column:"…"}}` for each
 * token that was sent, in order, and nothing else. False says nothing: the answer must then be parsed.
 *
 * It accepts a part of JSON only: what stands before the first token and behind the last one is matched against a
 * grammar that has one reading (no escapes, no other keys, so no duplicate ones either); what stands between two
 * tokens must be what stands between the first two but for the id; and what is left are the tokens. So it never
 * says yes where a full parse would not. `tokens` must need no escaping; `column` is quoted.
 *
 * One `split` costs half of what looking at each record in turn does.
 */
export function scanAnswer(answer: string, tokens: readonly string[], column: string): boolean {
  const first = findFirst(answer, tokens[0]?.length ?? 0, column);
  // No quote stands behind the one that ends the last token; the one that opens a token ends none.
  const end = answer.lastIndexOf('"');
  if (first === undefined || end < first.tokenStart || !closesAnswer(answer, end)) return false;
  const { tokenStart, beforeId, afterId } = first;
  if (beforeId === undefined) return tokens.length === 1 && answer.slice(tokenStart, end) === tokens[0];
  const between = betweenTokens(beforeId, afterId);
  const found = answer.slice(tokenStart, end).split(between, tokens.length + 1);
  return found.length === tokens.length && found.every((token, index) => token === tokens[index]);
}

/** Whether the text ends as an answer does, from the quote on that ends its last token. */
export function closesAnswer(answer: string, quote: number): boolean {
  return match(CLOSING, answer, quote) === answer.length;
}

interface FirstRecord {
  readonly tokenStart: number;
  /** What stands between a token and the next id; undefined when there is no second record. */
  readonly beforeId: string | undefined;
  /** What stands between an id and its token. */
  readonly afterId: string;
}

/** The first record of an answer whose first token is so long; undefined when it is none. */
export function findFirst(answer: string, tokenLength: number, column: string): FirstRecord | undefined {
  const start = match(OPENING, answer, 0);
  const idStart = match(BEFORE_ID, answer, start);
  const idEnd = match(ID_PATTERN, answer, idStart);
  const columnStart = match(BEFORE_COLUMN, answer, idEnd);
  if (columnStart < 0 || answer.slice(columnStart, columnStart + column.length) !== column) return undefined;
  const tokenStart = match(BEFORE_TOKEN, answer, columnStart + column.length);
  if (tokenStart < 0) return undefined;
  const tokenEnd = tokenStart + tokenLength;
  const next = match(SEPARATOR, answer, match(AFTER_TOKEN, answer, tokenEnd));
  const afterId = answer.slice(idEnd, tokenStart);
  if (next < 0) return { tokenStart, beforeId: undefined, afterId };
  const beforeId = answer.slice(tokenEnd, next) + answer.slice(start, idStart);
  // Blanks by the megabyte would become a pattern that no engine takes.
  if (beforeId.length + (tokenStart - idEnd) > LONGEST_BETWEEN) return undefined;
  return { tokenStart, beforeId, afterId };
}

let latest = { beforeId: '', afterId: '', pattern: /^/ };

/** The same for all answers of a vault, as a rule: the pattern is made once. */
function betweenTokens(beforeId: string, afterId: string): RegExp {
  if (latest.beforeId !== beforeId || latest.afterId !== afterId) {
    latest = { beforeId, afterId, pattern: new RegExp(literal(beforeId) + ID + literal(afterId)) };
  }
  return latest.pattern;
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** The position after what `pattern` (sticky) matches at `at`, or -1. */
function match(pattern: RegExp, text: string, at: number): number {
  if (at < 0) return -1;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}
