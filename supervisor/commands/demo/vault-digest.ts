import * as z from 'zod';

const digestSchema = z.object({ count: z.int(), digest: z.string() });

/** Count and digest of a multiset of pairs, as `MultisetDigest` defines it. */
export type PairDigest = z.output<typeof digestSchema>;

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
