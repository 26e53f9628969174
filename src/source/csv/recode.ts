import { isAscii } from 'node:buffer';
import { invalidText } from './csv-errors.js';

const FIRST_OWN = 0x80;
/** What windows-1252 has from 0x80 to 0x9F; five bytes mean nothing. Not left to a decoder: Node's own had them wrong. */
const OWN = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ';

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

/** windows-1252 as UTF-8. */
export async function* fromWindows1252(
  path: string,
  chunks: AsyncGenerator<Buffer, void, void>,
): AsyncGenerator<Buffer, void, void> {
  let line = 1;
  for await (const chunk of chunks) {
    const latin1 = chunk.toString('latin1');
    const text = latin1.replaceAll(/[\u0080-\u009f]/g, (character, at: number) => {
      const own = OWN[character.charCodeAt(0) - FIRST_OWN] ?? '\0';
      if (own !== '\0') return own;
      throw invalidText({ path, line: line + countNewlines(latin1.slice(0, at)) }, 'windows-1252');
    });
    line += countNewlines(latin1);
    yield isAscii(chunk) ? chunk : Buffer.from(text, 'utf8');
  }
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
