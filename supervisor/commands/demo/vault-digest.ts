import * as z from 'zod';
import { SuperviseError } from '../../../src/errors/supervise-error.js';

const digestSchema = z.object({ count: z.int(), digest: z.string() });

/** Count and digest of a multiset of pairs, as `MultisetDigest` defines it. */
type PairDigest = z.output<typeof digestSchema>;

/** What the sandbox holds in a vault's table. */
export async function vaultDigest(
  controlUrl: string,
  { id, table }: { readonly id: string; readonly table: string },
  signal: AbortSignal,
): Promise<PairDigest> {
  const query = new URLSearchParams({ vault: id, table });
  const answer = await fetch(`${controlUrl}/sandbox/digest?${query.toString()}`, { signal });
  return digestSchema.parse(await answer.json());
}

const word = z.union([z.string(), z.number(), z.null()]).transform((sum) => BigInt(sum ?? 0));
const answerSchema = z.object({ rows: z.tuple([z.tuple([word, word, word, word, word])]) });

/** The sum of one 32-bit word of the hashes. */
const sumOfWord = (at: number) => `SUM(CAST('0x' || SUBSTR(h, ${at * 8 + 1}, 8) AS BIGINT)) AS w${at}`;

/**
 * The digest of a query's pairs (columns `v` and `t`), computed by the engine of the sandbox's Snowflake: neither the
 * driver nor this program's reading has a part in it, and no row leaves the engine.
 */
export async function engineDigest(
  controlUrl: string,
  pairsSql: string,
  signal: AbortSignal,
): Promise<PairDigest> {
  const sums = [0, 1, 2, 3].map(sumOfWord).join(', ');
  const sql = `SELECT COUNT(*) AS pairs, ${sums} FROM (SELECT SHA256(v || CHR(0) || t) AS h FROM (${pairsSql}))`;
  const answer = await fetch(`${controlUrl}/sandbox/sql`, {
    method: 'POST',
    body: JSON.stringify({ sql }),
    signal,
  });
  const body = await answer.text();
  if (!answer.ok) throw new SuperviseError('internal', `the sandbox could not run the proof's SQL: ${body}`);
  const [[pairs, ...words]] = answerSchema.parse(JSON.parse(body)).rows;
  const sum = words.reduce((total, next) => (total << 32n) + next, 0n);
  return { count: Number(pairs), digest: BigInt.asUintN(128, sum).toString(16).padStart(32, '0') };
}
