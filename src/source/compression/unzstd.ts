import * as zlib from 'node:zlib';
import { errorIn } from '../files/file-errors.js';
import { decode, finish, isDecoder, type Decoder } from './node-decoder.js';
import { ZstdFrames, ZstdProblem, type ZstdStep } from './zstd-frames.js';

type Chunks = AsyncGenerator<Buffer, void, void>;

/** Turns the steps of frames into their content; checks each frame's checksum and size, where it has them. */
type FrameDecoder = (steps: Iterable<ZstdStep>) => Chunks;

/**
 * What a zstd file holds, frame after frame; skippable frames are passed over. `usesNative: false` is for Node before
 * 22.15, which has no zstd of its own.
 */
export async function* unzstd(path: string, stored: Chunks, usesNative = true): Chunks {
  const frames = new ZstdFrames();
  try {
    const decoder = (usesNative ? nativeDecoder() : undefined) ?? (await plainDecoder());
    for await (const chunk of stored) yield* decoder(frames.push(chunk));
    frames.end();
  } catch (error) {
    throw error instanceof ZstdProblem ? explain(path, error) : error;
  }
}

/** Node's own. */
function nativeDecoder(): FrameDecoder | undefined {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (typeof create !== 'function') return undefined;
  let inside: Decoder | undefined;
  return async function* (steps) {
    try {
      for (const { kind, bytes } of steps) {
        if (kind === 'begin') {
          const made: unknown = Reflect.apply(create, undefined, []);
          if (!isDecoder(made)) throw new TypeError('node:zlib gives no zstd decoder');
          inside = made;
          // What fails when nobody is reading has nobody to tell.
          inside.on('error', () => undefined);
        }
        if (inside === undefined) continue;
        if (bytes.length > 0) yield* decode(inside, Buffer.from(bytes));
        if (kind !== 'end') continue;
        yield* finish(inside);
        inside = undefined;
      }
    } catch (error) {
      throw error instanceof ZstdProblem ? error : new ZstdProblem('damaged');
    }
  };
}

const loadHashing = () => import('xxhash-wasm').then(({ default: load }) => load());
/** One WebAssembly for all files. */
let loadedHashing: ReturnType<typeof loadHashing> | undefined;

/** In JavaScript; it passes over checksums and sizes, so they are checked here. */
async function plainDecoder(): Promise<FrameDecoder> {
  loadedHashing ??= loadHashing();
  const [{ Decompress }, hashing] = await Promise.all([import('fzstd'), loadedHashing]);
  let out: Buffer[] = [];
  let inside: InstanceType<typeof Decompress> | undefined;
  let hash: ReturnType<typeof hashing.create64> | undefined;
  let expectedBytes: number | undefined;
  let foundBytes = 0;
  // One step behind: whether a block is the last one is known with the next.
  let held = Buffer.alloc(0);
  let isBegun = false;
  const onData = (data: Uint8Array): void => {
    if (data.length === 0) return;
    foundBytes += data.length;
    hash?.update(data);
    out.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  };
  const push = (bytes: Buffer, isLast: boolean): void => {
    try {
      inside?.push(bytes, isLast);
    } catch {
      throw new ZstdProblem('damaged');
    }
  };
  return async function* (steps) {
    for (const step of steps) {
      await Promise.resolve();
      switch (step.kind) {
        case 'begin':
          inside = new Decompress(onData);
          hash = step.hasChecksum ? hashing.create64() : undefined;
          expectedBytes = step.contentBytes;
          foundBytes = 0;
          held = Buffer.from(step.bytes);
          isBegun = false;
          break;
        case 'block':
          // The first block goes with the header of its frame.
          if (isBegun) push(held, false);
          held = isBegun ? Buffer.from(step.bytes) : Buffer.concat([held, step.bytes]);
          isBegun = true;
          break;
        case 'end': {
          push(Buffer.concat([held, step.bytes]), true);
          const differs = expectedBytes !== undefined && expectedBytes !== foundBytes;
          if (differs || (hash !== undefined && !isChecksum(step.bytes, hash.digest())))
            throw new ZstdProblem('damaged');
          break;
        }
        default:
          step satisfies never;
      }
      yield* out;
      out = [];
    }
  };
}

/** The checksum is the lower half of the hash. */
function isChecksum(bytes: Buffer, hash: bigint): boolean {
  return bytes.readUInt32LE(0) === Number(BigInt.asUintN(32, hash));
}

function explain(path: string, { kind }: ZstdProblem): Error {
  switch (kind) {
    case 'cut short':
      return errorIn(
        path,
        'is a zstd file cut short',
        'Copy or make it again; `zstd -t FILE` looks at all of it.',
      );
    case 'damaged':
      return errorIn(
        path,
        'is not a valid zstd file: it is damaged, or something that is no zstd follows a part of it',
        'Make it again; `zstd -t FILE` looks at all of it.',
      );
    case 'dictionary':
      return errorIn(
        path,
        'is a zstd file that was packed with a dictionary, which is not known here',
        'Unpack it first: `zstd -d -D DICTIONARY FILE`.',
      );
    case 'window':
      return errorIn(
        path,
        'is a zstd file that takes more than 128 MiB of memory to unpack',
        'Unpack it first: `zstd -d --long=31 FILE`.',
      );
    default:
      return kind satisfies never;
  }
}
