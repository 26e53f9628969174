/** `true` or `false` in the spellings of Go's flag package (1, 0, t, f, true, false, …); undefined for any other. */
export function readTruth(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  return undefined;
}
