import { isUtf8 } from 'node:buffer';
import type { SchemaElement } from 'hyparquet';
import { ParquetProblem } from './parquet-errors.js';
import type { TextType } from '../files/text-forms.js';

/** Makes text of a value as the file holds it. Throws a ParquetProblem for what the form cannot say. */
export type ToText = (value: unknown) => string;

/** What a column holds: texts, something that has text forms, or something that has none (its name). */
export type ColumnType =
  { readonly kind: 'text' } | { readonly kind: TextType } | { readonly kind: 'other'; readonly name: string };

/** What a column of this type holds. */
export function columnTypeOf({ type, type_length, converted_type, logical_type }: SchemaElement): ColumnType {
  const logical = logical_type?.type;
  if (logical === 'DECIMAL' || converted_type === 'DECIMAL') return { kind: 'decimal' };
  switch (type) {
    case 'BYTE_ARRAY':
      if (['STRING', 'ENUM', 'JSON'].includes(logical ?? '')) return { kind: 'text' };
      if (['UTF8', 'ENUM', 'JSON'].includes(converted_type ?? '')) return { kind: 'text' };
      return logical === undefined && converted_type === undefined
        ? { kind: 'binary' }
        : other(logical ?? converted_type);
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical === 'UUID') return type_length === 16 ? { kind: 'uuid' } : other(logical);
      return logical === undefined && converted_type === undefined
        ? { kind: 'binary' }
        : other(logical ?? converted_type);
    case 'BOOLEAN':
      return { kind: 'boolean' };
    case 'FLOAT':
    case 'DOUBLE':
      return { kind: 'float' };
    case 'INT96':
      return { kind: 'timestamp' };
    case 'INT32':
    case 'INT64':
      if (logical === 'DATE' || converted_type === 'DATE') return { kind: 'date' };
      if (logical === 'TIME' || converted_type?.startsWith('TIME_') === true) return { kind: 'time' };
      if (logical === 'TIMESTAMP' || converted_type?.startsWith('TIMESTAMP_') === true)
        return { kind: 'timestamp' };
      if (logical !== undefined && logical !== 'INTEGER') return other(logical);
      return { kind: 'integer' };
    default:
      return other(undefined);
  }
}

function other(name: string | undefined): ColumnType {
  return { kind: 'other', name: name ?? 'a type that is not known here' };
}

/** Makes texts of the values of a column that holds no texts. */
export function toTextOf(element: SchemaElement, kind: TextType, form: string): ToText {
  switch (kind) {
    case 'integer':
      return integers(element, form.length);
    case 'decimal':
      return decimals(element, form === 'short');
    case 'float':
      return form === 'whole' ? wholeNumber : shortest(element);
    case 'boolean': {
      const [yes = '', no = ''] = form.split('/');
      return (value) => (value === true ? yes : no);
    }
    case 'date':
      return (value) => dateText(Number(value), form);
    case 'time':
      return times(element);
    case 'timestamp':
      return timestamps(element, form);
    case 'uuid':
      return (value) => uuidText(bytesOf(value), form === 'upper');
    case 'binary':
      return binary(form);
    default:
      return kind satisfies never;
  }
}

function refused(what: string): ParquetProblem {
  return new ParquetProblem('no such text', what);
}

function bytesOf(value: unknown): Buffer {
  if (!(value instanceof Uint8Array)) throw new ParquetProblem('damaged', 'bytes are missing');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Any whole number of the file as one. */
function bigOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  const bytes = bytesOf(value);
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

function integers({ type, converted_type, logical_type }: SchemaElement, digits: number): ToText {
  const isUnsigned =
    converted_type?.startsWith('UINT_') === true ||
    (logical_type?.type === 'INTEGER' && !logical_type.isSigned);
  const bits = type === 'INT32' ? 32 : 64;
  return (value) => {
    const number = isUnsigned ? BigInt.asUintN(bits, bigOf(value)) : bigOf(value);
    return number < 0n ? `-${String(-number).padStart(digits, '0')}` : String(number).padStart(digits, '0');
  };
}

function decimals(element: SchemaElement, isShort: boolean): ToText {
  const scale = element.logical_type?.type === 'DECIMAL' ? element.logical_type.scale : (element.scale ?? 0);
  return (value) => {
    const number = bigOf(value);
    const digits = String(number < 0n ? -number : number).padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    const fraction = digits.slice(digits.length - scale);
    const shown = isShort ? fraction.replace(/0+$/, '') : fraction;
    return `${number < 0n ? '-' : ''}${whole}${shown === '' ? '' : `.${shown}`}`;
  };
}

function wholeNumber(value: unknown): string {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return String(number === 0 ? 0 : number);
  throw refused('a number is not whole, or larger than a floating-point number holds exactly');
}

function shortest({ type }: SchemaElement): ToText {
  return (value) => {
    const number = Number(value);
    if (!Number.isFinite(number)) throw refused('a number is infinite, or none');
    if (type === 'DOUBLE') return String(number);
    // The shortest digits that give the same number of 32 bits.
    for (let digits = 1; digits < 9; digits += 1) {
      const text = String(Number(number.toPrecision(digits)));
      if (Math.fround(Number(text)) === number) return text;
    }
    return String(Number(number.toPrecision(9)));
  };
}

const DAY_MS = 86_400_000;

function dateText(days: number, form: string): string {
  const iso = isoDate(BigInt(days));
  const [year = '', month = '', day = ''] = iso.split('-');
  return form.replace('yyyy', year).replace('mm', month).replace('dd', day);
}

function isoDate(days: bigint): string {
  const date = new Date(Number(days) * DAY_MS);
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9_999)) throw refused('a date lies outside of the years 1 to 9999');
  return date.toISOString().slice(0, 10);
}

/** How many of a unit make a second, and how many digits they take. */
const units = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;

function digitsOf({ converted_type, logical_type }: SchemaElement): number {
  if (logical_type?.type === 'TIME' || logical_type?.type === 'TIMESTAMP') return units[logical_type.unit];
  return converted_type?.endsWith('_MILLIS') === true ? units.MILLIS : units.MICROS;
}

function timeText(ofDay: bigint, digits: number): string {
  const second = 10n ** BigInt(digits);
  const seconds = Number(ofDay / second);
  if (ofDay < 0n || seconds >= 86_400) throw refused('a time lies outside of a day');
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  const fraction = String(ofDay % second).padStart(digits, '0');
  return `${two(seconds / 3_600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`;
}

function times(element: SchemaElement): ToText {
  const digits = digitsOf(element);
  return (value) => timeText(bigOf(value), digits);
}

function timestamps(element: SchemaElement, form: string): ToText {
  const isOld = element.type === 'INT96';
  const digits = isOld ? units.NANOS : digitsOf(element);
  const day = 86_400n * 10n ** BigInt(digits);
  const isUtc =
    !isOld && (element.logical_type?.type === 'TIMESTAMP' ? element.logical_type.isAdjustedToUTC : true);
  return (value) => {
    const since = isOld ? sinceEpoch(bigOf(value)) : bigOf(value);
    const ofDay = ((since % day) + day) % day;
    const date = isoDate((since - ofDay) / day);
    if (form === 'date') {
      if (ofDay === 0n) return date;
      throw refused('a timestamp is not at midnight, and timestamp:date has no time');
    }
    return `${date}${form === 'iso' ? 'T' : ' '}${timeText(ofDay, digits)}${isUtc && form === 'iso' ? 'Z' : ''}`;
  };
}

/** The older form of timestamps: nanoseconds of the day, and the day by the Julian count. */
function sinceEpoch(value: bigint): bigint {
  const nanoseconds = BigInt.asUintN(64, value);
  return ((value >> 64n) - 2_440_588n) * 86_400_000_000_000n + nanoseconds;
}

function uuidText(bytes: Buffer, isUpper: boolean): string {
  const hex = isUpper ? bytes.toString('hex').toUpperCase() : bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function binary(form: string): ToText {
  if (form !== 'utf8') return (value) => bytesOf(value).toString(form === 'hex' ? 'hex' : 'base64');
  return (value) => {
    const bytes = bytesOf(value);
    if (!isUtf8(bytes)) throw new ParquetProblem('not UTF-8', 'not UTF-8');
    return bytes.toString('utf8');
  };
}
