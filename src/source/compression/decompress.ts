import { createGunzip } from 'node:zlib';
import { systemCode } from '../../errors/supervise-error.js';
import { fileFormats } from '../file-formats.js';
import { errorIn } from '../files/file-errors.js';
import { joinChunks } from './join-chunks.js';
import { decode, finish, type Decoder } from './node-decoder.js';
import { recogniseFile, type FileForm } from './recognise-file.js';
import { unzstd } from './unzstd.js';

const CHUNK_BYTES = 65_536;
/** A member begins with it. */
const GZIP_START = 0x1f;

/**
 * The text of a file that may be compressed, which its first bytes say: its name says nothing. Chunks are not empty
 * and valid until the next one is asked for. `onForm` is told before the first of them.
 */
export async function* decompress(
  path: string,
  stored: AsyncGenerator<Buffer, void, void>,
  onForm: (isAsStored: boolean) => void,
): AsyncGenerator<Buffer, void, void> {
  const first = await stored.next();
  if (first.done === true) return;
  const chunks = joinChunks(first.value, stored);
  const form = recogniseFile(first.value);
  onForm(form.kind === 'plain');
  switch (form.kind) {
    case 'plain':
      yield* chunks;
      return;
    case 'gzip':
      yield* plainInside(path, 'gzip', gunzip(path, chunks));
      return;
    case 'zstd':
      yield* plainInside(path, 'zstd', unzstd(path, chunks));
      return;
    case 'other':
      throw errorIn(path, `is ${form.name}`, form.hint);
    case 'format':
      throw errorIn(path, `is ${fileFormats[form.format].title}, where text should be`);
    default:
      form satisfies never;
  }
}

/** What was packed twice is not unpacked twice: nobody meant it so. */
async function* plainInside(
  path: string,
  packing: string,
  chunks: AsyncGenerator<Buffer, void, void>,
): AsyncGenerator<Buffer, void, void> {
  const first = await chunks.next();
  if (first.done === true) return;
  const form = recogniseFile(first.value);
  if (form.kind !== 'plain') {
    const hint = `Unpack it once.${form.kind === 'other' ? ` Then: ${form.hint}` : ''}`;
    throw errorIn(path, `is ${titleOf(form)} inside a ${packing} file`, hint);
  }
  yield* joinChunks(first.value, chunks);
}

function titleOf(form: FileForm): string {
  if (form.kind === 'format') return fileFormats[form.format].title;
  return form.kind === 'other' ? form.name : `a ${form.kind} file`;
}

/**
 * Members one after the other, with zeros between and behind them (tapes and preallocated files are filled up so).
 * Whatever else stands behind a member is an error: rows would be lost there without a word.
 */
async function* gunzip(
  path: string,
  stored: AsyncGenerator<Buffer, void, void>,
): AsyncGenerator<Buffer, void, void> {
  let member: Decoder | undefined;
  try {
    for await (const chunk of stored) {
      for (let at = 0; at < chunk.length;) {
        if (member === undefined) {
          at = passZeros(chunk, at);
          if (at === chunk.length) break;
          if (chunk[at] !== GZIP_START) throw notGzip(path);
          member = createGunzip({ chunkSize: CHUNK_BYTES });
          // What fails when nobody is reading has nobody to tell.
          member.on('error', () => undefined);
        }
        const before = member.bytesWritten;
        yield* decode(member, chunk.subarray(at));
        at += member.bytesWritten - before;
        if (member.readableEnded) member = undefined;
      }
    }
    if (member !== undefined) yield* finish(member);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'Z_BUF_ERROR')
      throw errorIn(
        path,
        'is a gzip file cut short, or followed by a stray byte',
        'Copy or make it again; `gzip -t` looks at all of it.',
      );
    if (code?.startsWith('Z_') !== true) throw error;
    throw notGzip(path);
  } finally {
    member?.destroy();
  }
}

function notGzip(path: string): Error {
  return errorIn(
    path,
    'is not a valid gzip file: it is damaged, or something that is no gzip follows a part of it',
    'Make it again; `gzip -t` looks at all of it.',
  );
}

function passZeros(chunk: Buffer, from: number): number {
  let at = from;
  while (at < chunk.length && chunk[at] === 0) at += 1;
  return at;
}
