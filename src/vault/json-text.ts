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
