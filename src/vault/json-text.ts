/** Anything that cannot stand between quotes as it is: controls, `"`, `\`, and surrogates (paired or lone). */
const NEEDS_ESCAPING = /[^\x20\x21\x23-\x5b\x5d-\ud7ff\ue000-\uffff]/;

/** Whether a string stands in JSON between quotes exactly as it is. */
export function isPlain(text: string): boolean {
  return !NEEDS_ESCAPING.test(text);
}

/** A string as JSON text; lone surrogates become escapes, so that the text is always valid UTF-8. */
export function quote(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}
