/** What a text says as JSON, of unknown shape; undefined where it is none: the parser's own message would quote it. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
