import { createHash } from 'node:crypto';

interface Suffixes {
  readonly value: string;
  readonly token: string;
}

interface SuffixerOptions {
  readonly runId: string;
  readonly vaultName: string;
  /** When the run began; a resume must pass the same. */
  readonly unixSeconds: number;
}

const ALPHABET = Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789', 'latin1');
/** 36^4: four characters of the alphabet. */
const QUARTER = 1_679_616;
const KEY_WORDS = 6;

/**
 * What `append_suffix` adds to value and token of the row at a position: `_<unix seconds>_<16 of [a-z0-9]>`,
 * drawn separately, and always the same for the same run, vault and position, so that sending again sends the
 * same.
 *
 * The first eight characters are the position itself, enciphered: a Feistel network on two digits of base 36^4,
 * each round of which can be undone. So no two positions below 36^8 (2.8 × 10^12) of a run and vault share a
 * suffix, by construction. The other eight are a keyed hash; all sixteen (82 bits) hang on run and vault, which
 * keeps apart runs that begin in the same second.
 */
export function createSuffixer(options: SuffixerOptions): (position: number) => Suffixes {
  const drawValue = createDraw(options, 'value');
  const drawToken = createDraw(options, 'token');
  return (position) => ({ value: drawValue(position), token: drawToken(position) });
}

function createDraw(
  { runId, vaultName, unixSeconds }: SuffixerOptions,
  column: 'value' | 'token',
): (position: number) => string {
  const digest = createHash('sha256')
    .update(JSON.stringify([runId, vaultName, column]))
    .digest();
  const keys = Array.from({ length: KEY_WORDS }, (_, word) => digest.readInt32LE(word * 4));
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0, k4 = 0, k5 = 0] = keys;
  const prefix = `_${unixSeconds}_`;
  return (position) => {
    let high = Math.floor(position / QUARTER) % QUARTER;
    let low = position % QUARTER;
    high = (high + scramble(low, k0)) % QUARTER;
    low = (low + scramble(high, k1)) % QUARTER;
    high = (high + scramble(low, k2)) % QUARTER;
    low = (low + scramble(high, k3)) % QUARTER;
    const third = scramble(low ^ Math.imul(high, 0x9e3779b1), k4);
    const fourth = scramble(high ^ Math.imul(low, 0x85ebca6b), k5);
    return prefix + spell(high, low, third, fourth);
  };
}

/** A hash of a 32-bit word under a key, below 36^4: the finishing steps of MurmurHash3, the key among them. */
function scramble(word: number, key: number): number {
  let mixed = word ^ key;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ key, 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % QUARTER;
}

function spell(first: number, second: number, third: number, fourth: number): string {
  return String.fromCharCode(
    letter(first),
    letter(first / 36),
    letter(first / 1296),
    letter(first / 46_656),
    letter(second),
    letter(second / 36),
    letter(second / 1296),
    letter(second / 46_656),
    letter(third),
    letter(third / 36),
    letter(third / 1296),
    letter(third / 46_656),
    letter(fourth),
    letter(fourth / 36),
    letter(fourth / 1296),
    letter(fourth / 46_656),
  );
}

function letter(quotient: number): number {
  return ALPHABET[(quotient | 0) % 36] ?? 0;
}
