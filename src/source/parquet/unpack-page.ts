import * as zlib from 'node:zlib';
import { ZstdFrames } from '../compression/zstd-frames.js';
import { isHadoopLz4, lz4Size } from './lz4-size.js';
import { ParquetProblem } from './parquet-errors.js';

/** Unpacks a page to exactly so many bytes, in memory of its own; throws a ParquetProblem. */
export type UnpackPage = (page: Buffer, outputLength: number) => Uint8Array;

const unpackers = new Map<string, Promise<UnpackPage>>();

/** What unpacks pages of a codec; only what that codec needs is loaded, once. */
export function unpackerOf(codec: string): Promise<UnpackPage> {
  const unpacker = unpackers.get(codec) ?? makeUnpacker(codec);
  unpackers.set(codec, unpacker);
  return unpacker;
}

async function makeUnpacker(codec: string): Promise<UnpackPage> {
  const unpack = await decoderOf(codec);
  return (page, outputLength) => {
    // A dictionary of nothing, and codecs differ in how they write it.
    if (outputLength === 0) return new Uint8Array();
    let unpacked: Uint8Array;
    try {
      unpacked = unpack(page, outputLength);
    } catch (error) {
      if (error instanceof ParquetProblem) throw error;
      throw new ParquetProblem('damaged', `a page that was packed with ${codec} cannot be unpacked`);
    }
    if (unpacked.length === outputLength) return unpacked;
    throw new ParquetProblem('damaged', 'a page is not as long as it says');
  };
}

async function decoderOf(codec: string): Promise<UnpackPage> {
  switch (codec) {
    case 'UNCOMPRESSED':
      return (page) => page;
    case 'GZIP':
      return (page, maxOutputLength) => zlib.gunzipSync(page, { maxOutputLength });
    case 'BROTLI':
      return (page, maxOutputLength) => zlib.brotliDecompressSync(page, { maxOutputLength });
    case 'ZSTD':
      return nativeZstd() ?? (await compiledZstd());
    case 'SNAPPY':
    case 'LZ4':
    case 'LZ4_RAW': {
      const { decompressLz4Raw, decompressLz4, compressors } = await import('hyparquet-compressors');
      const { SNAPPY: snappy } = compressors;
      if (codec === 'SNAPPY' && snappy !== undefined) return checkedSnappy(snappy);
      return (page, outputLength) => {
        if (codec === 'LZ4' && isHadoopLz4(page, outputLength)) return decompressLz4(page, outputLength);
        if (lz4Size(page) !== outputLength) throw new ParquetProblem('damaged', 'an LZ4 block is not whole');
        return decompressLz4Raw(page, outputLength);
      };
    }
    default:
      throw new ParquetProblem('unknown', `its pages are packed with ${codec}`);
  }
}

/** The decoder gives as much as is asked for, and behind what the page holds it is what the page before has left. */
function checkedSnappy(unpack: UnpackPage): UnpackPage {
  return (page, outputLength) => {
    let length = 0;
    for (let at = 0; at < 5; at += 1) {
      const byte = page[at] ?? 0;
      length += (byte & 0x7f) * 2 ** (7 * at);
      if (byte < 0x80) break;
    }
    if (length !== outputLength) throw new ParquetProblem('damaged', 'a page is not as long as it says');
    return unpack(page, outputLength);
  };
}

/** Node's own, which ends behind the first frame. */
function nativeZstd(): UnpackPage | undefined {
  const unpack: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  if (typeof unpack !== 'function') return undefined;
  return (page, maxOutputLength) => {
    const contents = zstdFramesOf(page).map((frame) => {
      const unpacked: unknown = Reflect.apply(unpack, undefined, [frame, { maxOutputLength }]);
      if (unpacked instanceof Uint8Array) return unpacked;
      throw new TypeError('node:zlib gives no bytes');
    });
    const [only] = contents;
    return contents.length === 1 && only !== undefined ? only : Buffer.concat(contents);
  };
}

/** Each whole; throws where something else stands behind them. */
function zstdFramesOf(page: Buffer): readonly Buffer[] {
  const frames = new ZstdFrames();
  const found: Buffer[] = [];
  let startByte = 0;
  for (const { kind, bytes } of frames.push(page)) {
    if (kind === 'begin') startByte = bytes.byteOffset;
    if (kind === 'end')
      found.push(Buffer.from(page.buffer, startByte, bytes.byteOffset + bytes.length - startByte));
  }
  frames.end();
  return found;
}

/**
 * For Node before 22.15: the zstd library itself as WebAssembly, which checks sizes and checksums; it gives nothing where a
 * page is not right.
 */
async function compiledZstd(): Promise<UnpackPage> {
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (page, outputLength) => {
    const unpacked = decoder.decode(page, outputLength);
    if (unpacked.length === 0) throw new RangeError('zstd gives nothing');
    return unpacked;
  };
}
