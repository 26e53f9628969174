import { createHash, randomBytes } from 'node:crypto';

/** What sets one run's rows apart from every other run's. */
export interface MockStamp {
  readonly unixSeconds: number;
  /** Four 32-bit words. */
  readonly key: readonly [number, number, number, number];
}

interface MockRow {
  readonly value: string;
  readonly token: string;
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(1940, 0, 1) / DAY_MS;
const DAYS = Date.UTC(2010, 0, 1) / DAY_MS - FIRST_DAY;
/** A seeded run is dated by its seed, somewhere from September 2020 on. */
const SEEDED_EPOCH = 1_600_000_000;
const SEEDED_SPAN = 100_000_000;

/** A stamp of now and chance, or one that hangs on the seed alone. */
export function createStamp(seed?: string): MockStamp {
  const bytes = seed === undefined ? randomBytes(20) : createHash('sha256').update(`seed:${seed}`).digest();
  const word = (index: number) => bytes.readInt32LE(index * 4);
  return {
    unixSeconds:
      seed === undefined
        ? Math.floor(Date.now() / 1000)
        : SEEDED_EPOCH + (bytes.readUInt32LE(16) % SEEDED_SPAN),
    key: [word(0), word(1), word(2), word(3)],
  };
}

/**
 * The row of each record number (from 0, below 2^32), always the same for the same stamp: value
 * `<base>_<unix seconds>_<16 hex>`, token `tok_<vault>_<unix seconds>_<32 hex>`. NAME, ID, DOB and SSN have
 * values of their kind, any other vault has ids. The hex hides vault and record number in a 64-bit permutation,
 * so no two values and no two tokens of a vault are the same, nor, but for a chance of 2^-32 per pair of names,
 * those of two vaults; runs differ by second and key.
 */
export function createMockRow(vaultName: string, stamp: MockStamp): (record: number) => MockRow {
  const { unixSeconds, key } = stamp;
  const name = vaultName.toLowerCase();
  const vault = createHash('sha256').update(`vault:${name}`).digest().readInt32LE();
  const base = baseOf(name);
  const tokenStart = `tok_${name}_${unixSeconds}_`;
  return (record) => {
    const [a, b] = permute(vault, record, key[0], key[1]);
    const [c, d] = permute(vault, record, key[2], key[3]);
    const value = `${base(scramble(c, key[1]), scramble(d, key[0]))}_${unixSeconds}_${hex(a)}${hex(b)}`;
    const token = tokenStart + hex(c) + hex(d) + hex(scramble(a, key[3])) + hex(scramble(b, key[2]));
    return { value, token };
  };
}

/** The rows of a vault, one after the other. */
export function* mockRows(
  vaultName: string,
  stamp: MockStamp,
  count: number,
): Generator<MockRow, void, void> {
  const rowOf = createMockRow(vaultName, stamp);
  for (let record = 0; record < count; record += 1) yield rowOf(record);
}

/** Two random words to something that looks like a person's. */
type Base = (a: number, b: number) => string;

function baseOf(name: string): Base {
  switch (name) {
    case 'name':
      return (a, b) =>
        `${FIRST_NAMES[a % FIRST_NAMES.length] ?? ''} ${LAST_NAMES[b % LAST_NAMES.length] ?? ''}`;
    case 'dob':
      return (a) => new Date((FIRST_DAY + (a % DAYS)) * DAY_MS).toISOString().slice(0, 10);
    case 'ssn':
      return (a, b) =>
        `${digits(ssnArea(a), 3)}-${digits(1 + (b % 99), 2)}-${digits(1 + ((b >>> 8) % 9999), 4)}`;
    default:
      return (a) => String(10_000 + (a % 90_000));
  }
}

/** 001 to 899 without 666: no other area has ever been given out, or will be. */
function ssnArea(word: number): number {
  const area = 1 + (word % 898);
  return area < 666 ? area : area + 1;
}

function digits(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

/** A permutation of 64 bits in two words: four Feistel rounds. */
function permute(high: number, low: number, key: number, otherKey: number): [number, number] {
  let left = high;
  let right = low;
  left ^= scramble(right, key);
  right ^= scramble(left, otherKey);
  left ^= scramble(right, ~key);
  right ^= scramble(left, ~otherKey);
  return [left >>> 0, right >>> 0];
}

/** A 32-bit hash of a word under a key. */
function scramble(word: number, key: number): number {
  let mixed = word ^ key;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ key, 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const HEX_PAIRS = Array.from({ length: 65_536 }, (_, pair) => pair.toString(16).padStart(4, '0'));

function hex(word: number): string {
  return (HEX_PAIRS[word >>> 16] ?? '') + (HEX_PAIRS[word & 0xffff] ?? '');
}

/** Common given names in the United States. */
const FIRST_NAMES: readonly string[] = (
  'James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan ' +
  'Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra ' +
  'Mark Margaret Donald Ashley Steven Kimberly Andrew Emily Paul Donna Joshua Michelle Kenneth Carol ' +
  'Kevin Amanda Brian Melissa George Deborah Timothy Stephanie Ronald Rebecca Jason Sharon Edward Laura ' +
  'Jeffrey Cynthia Ryan Dorothy Jacob Amy Gary Kathleen Nicholas Angela Eric Shirley Jonathan Emma'
).split(' ');

/** Common family names in the United States. */
const LAST_NAMES: readonly string[] = (
  'Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez ' +
  'Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark ' +
  'Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams ' +
  'Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker ' +
  'Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper'
).split(' ');
