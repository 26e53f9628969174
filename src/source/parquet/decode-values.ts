import type { Encoding, SchemaElement } from 'hyparquet';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { decodeHybrid } from './decode-levels.js';
import { ParquetProblem } from './parquet-errors.js';
import { ListedTexts, MadeTexts, StoredTexts, type Texts, type TextSource } from './texts.js';
import type { ToText } from './to-text.js';

/** A column's values in a file. */
export interface ValueForm {
  readonly element: SchemaElement;
  /** Undefined: they are texts as they stand. */
  readonly toText: ToText | undefined;
}

const fixedBytes: Readonly<Record<string, number>> = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 };
const MAX_DELTA_BLOCK = 1_048_576;

/** The `count` values in a page, from a byte on; `bytes` is memory of its own. */
export function decodeValues(
  bytes: Uint8Array,
  start: number,
  {
    count,
    encoding,
    form,
    dictionary,
  }: {
    readonly count: number;
    readonly encoding: Encoding;
    readonly form: ValueForm;
    readonly dictionary: Texts | undefined;
  },
): TextSource {
  if (count === 0) return new MadeTexts([], String);
  const { element, toText } = form;
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: start };
  const made = (values: ArrayLike<unknown>): TextSource => {
    if (toText === undefined) throw new ParquetProblem('damaged', 'an encoding does not go with its type');
    return new MadeTexts(values, toText);
  };
  switch (encoding) {
    case 'PLAIN':
      return toText === undefined
        ? new StoredTexts(bytes, start)
        : made(plainValues(bytes, reader, count, element));
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      if (dictionary === undefined) throw new ParquetProblem('damaged', 'a dictionary is missing');
      const range = { start: start + 1, end: bytes.length };
      return new ListedTexts(decodeHybrid(bytes, range, bytes[start] ?? 0, count), dictionary);
    }
    case 'RLE': {
      if (element.type !== 'BOOLEAN' || start + 4 > bytes.length) break;
      const end = Math.min(bytes.length, start + 4 + reader.view.getUint32(start, true));
      const bits = decodeHybrid(bytes, { start: start + 4, end }, 1, count);
      return made(Array.from(bits, (bit) => bit === 1));
    }
    case 'DELTA_BINARY_PACKED':
      return made(
        unpackDelta(reader, element.type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count)),
      );
    case 'DELTA_LENGTH_BYTE_ARRAY': {
      const lengths = unpackDelta(reader, new Int32Array(count));
      if (toText === undefined) return new StoredTexts(bytes, reader.offset, lengths);
      return made(behind(bytes, reader.offset, { lengths }));
    }
    case 'DELTA_BYTE_ARRAY': {
      const prefixes = unpackDelta(reader, new Int32Array(count));
      const lengths = unpackDelta(reader, new Int32Array(count));
      const values = behind(bytes, reader.offset, { lengths, prefixes });
      if (toText !== undefined) return made(values);
      return new StoredTexts(
        Buffer.concat(values),
        0,
        Int32Array.from(values, ({ length }) => length),
      );
    }
    case 'BYTE_STREAM_SPLIT':
      if (element.type === undefined) break;
      return made(byteStreamSplit(reader, count, element.type, element.type_length));
    default:
      break;
  }
  throw new ParquetProblem('unknown', `its values are written in the encoding ${encoding}`);
}

type Reader = Parameters<typeof readVarInt>[0];

function plainValues(
  bytes: Uint8Array,
  reader: Reader,
  count: number,
  { type, type_length: length }: SchemaElement,
): ArrayLike<unknown> {
  if (type === undefined) throw new ParquetProblem('damaged', 'a column has no type');
  if (type === 'BYTE_ARRAY') {
    const values: Uint8Array[] = [];
    for (let at = reader.offset, index = 0; index < count; index += 1) {
      if (at + 4 > bytes.length) throw cutShort();
      const end = at + 4 + reader.view.getUint32(at, true);
      if (end > bytes.length) throw cutShort();
      values.push(bytes.subarray(at + 4, end));
      at = end;
    }
    return values;
  }
  const width = type === 'FIXED_LEN_BYTE_ARRAY' ? (length ?? 0) : (fixedBytes[type] ?? 0);
  const needed = type === 'BOOLEAN' ? Math.ceil(count / 8) : width * count;
  if (reader.offset + needed > bytes.length) throw cutShort();
  return readPlain(reader, type, count, length);
}

/** As the library does it, after a look at what it trusts. */
function unpackDelta<T extends Int32Array | BigInt64Array>(reader: Reader, output: T): T {
  const look = { view: reader.view, offset: reader.offset };
  const block = readVarInt(look);
  const miniblocks = readVarInt(look);
  const count = readVarInt(look);
  const isUsual = block > 0 && block <= MAX_DELTA_BLOCK && miniblocks > 0 && block % miniblocks === 0;
  if (!isUsual || count !== output.length)
    throw new ParquetProblem('damaged', 'differences are not as many as it says');
  deltaBinaryUnpack(reader, output.length, output);
  return output;
}

/** Values behind their lengths; with prefixes, each begins as the one before it does. */
function behind(
  bytes: Uint8Array,
  start: number,
  { lengths, prefixes }: { readonly lengths: Int32Array; readonly prefixes?: Int32Array },
): Uint8Array[] {
  let at = start;
  let before = new Uint8Array();
  return Array.from(lengths, (length, index) => {
    const prefix = prefixes?.[index] ?? 0;
    if (length < 0 || at + length > bytes.length || prefix < 0 || prefix > before.length) throw cutShort();
    const own = bytes.subarray(at, at + length);
    at += length;
    const value = new Uint8Array(prefix + length);
    value.set(before.subarray(0, prefix));
    value.set(own, prefix);
    before = value;
    return value;
  });
}

function cutShort(): ParquetProblem {
  return new ParquetProblem('damaged', 'a page ends in the middle');
}
