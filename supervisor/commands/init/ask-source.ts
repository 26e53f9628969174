import { sourceKinds } from '../../../src/source/source-kinds.js';
import type { Draft, DraftVault } from './draft.js';
import type { Interview } from './interview.js';

/** Where the records of these vaults come from: the kind, the first settings of its section, and what it asks of each. */
export async function askSource(
  vaults: readonly DraftVault[],
  ask: Interview,
): Promise<{ readonly section: Partial<Draft>; readonly vaults: DraftVault[] }> {
  const kinds = Object.values(sourceKinds).map(({ name, title }) => ({ value: name, name: title }));
  const source = await ask.choice('Where do the records come from?', kinds);
  const kind = sourceKinds[source];
  const section = await kind.interview(ask);
  const asked: DraftVault[] = [];
  for (const vault of vaults) asked.push({ ...vault, ...(await kind.interviewVault?.(ask, vault, section)) });
  return { section: { source, [source]: section }, vaults: asked };
}
