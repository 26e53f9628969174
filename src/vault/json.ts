/** A parsed JSON object, or undefined for anything else (null and arrays included). */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** A parsed JSON array, or undefined for anything else. */
export function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

const [QUOTE, COMMA, BRACKET, BRACE, BACKSLASH] = [0x22, 0x2c, 0x5b, 0x7b, 0x5c];

/** Ten thousand records, the most in one request, make 200,000 at most; making millions of objects blocks for many seconds. */
const MOST_PARTS = 400_000;

/**
 * JSON text as a value of unknown shape, or undefined when it is not JSON, or when it has so many objects, lists and
 * members that no answer to a request of ours does, and that reading it would keep the process from everything else.
 */
export function parseJson(text: string): unknown {
  if (hasMoreParts(text, MOST_PARTS)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Counts what opens or separates outside of strings. A part takes a character: short texts are not looked at. */
function hasMoreParts(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let parts = 0;
  for (let at = 0; at < text.length && parts <= most; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case COMMA:
      case BRACKET:
      case BRACE:
        parts += 1;
    }
  }
  return parts > most;
}

/** Where the string that begins at `start` ends; the end of the text when it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

/** Anything that cannot stand between quotes as it is: controls, `"`, `\`, and surrogates (paired or lone). */
const NEEDS_ESCAPING = /[^\x20\x21\x23-\x5b\x5d-\ud7ff\ue000-\uffff]/;

/** Whether a string stands in JSON between quotes exactly as it is. */
export function isPlain(text: string): boolean {
  return !NEEDS_ESCAPING.test(text);
}

/** What stands between the quotes of a JSON string; lone surrogates become escapes, so that it is valid UTF-8. */
export function escapeText(text: string): string {
  return isPlain(text) ? text : JSON.stringify(text).slice(1, -1);
}

/** A string as JSON text. */
export function quote(text: string): string {
  return `"${escapeText(text)}"`;
}
