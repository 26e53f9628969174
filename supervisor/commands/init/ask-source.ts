import { sourceKinds } from '../../../src/source/source-kinds.js';
import { askChoice, askText } from '../../ask/ask-person.js';
import { writeForPeople } from '../../view/write-for-people.js';
import type { Draft, DraftVault } from './draft.js';

/** Where the records of these vaults come from: the kind, the first settings of its section, and what it asks of each. */
export async function askSource(
  vaults: readonly DraftVault[],
): Promise<{ readonly section: Partial<Draft>; readonly vaults: DraftVault[] }> {
  const kinds = Object.values(sourceKinds).map(({ name, title }) => ({ value: name, name: title }));
  const source = await askChoice('Where do the records come from?', kinds);
  const ask = {
    text: askText,
    choice: askChoice,
    say: (line: string) => writeForPeople(process.stderr, `${line}\n`),
  };
  const kind = sourceKinds[source];
  const section = await kind.interview(ask);
  const asked: DraftVault[] = [];
  for (const vault of vaults) asked.push({ ...vault, ...(await kind.interviewVault?.(ask, vault, section)) });
  return { section: { source, [source]: section }, vaults: asked };
}
