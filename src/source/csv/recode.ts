import { invalidText } from './csv-errors.js';

/** UTF-16 as UTF-8. */
export async function* fromUtf16(
  path: string,
  chunks: AsyncGenerator<Buffer, void, void>,
  encoding: 'utf16le' | 'utf16be',
): AsyncGenerator<Buffer, void, void> {
  const name = encoding === 'utf16le' ? 'utf-16le' : 'utf-16be';
  const decoder = new TextDecoder(name, { fatal: true });
  let line = 1;
  for await (const chunk of chunks) {
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      const lossy = new TextDecoder(name).decode(chunk);
      throw invalidText(
        { path, line: line + countNewlines(lossy.slice(0, lossy.indexOf('\uFFFD'))) },
        encoding,
      );
    }
    line += countNewlines(text);
    if (text !== '') yield Buffer.from(text, 'utf8');
  }
  try {
    decoder.decode();
  } catch {
    throw invalidText({ path, line }, encoding);
  }
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
