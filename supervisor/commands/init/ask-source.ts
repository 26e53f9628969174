import { sourceKinds } from '../../../src/source/source-kinds.js';
import { askChoice, askText } from '../../ask/ask-person.js';
import type { Draft } from './draft.js';

/** Where the records come from: the kind, and the first settings of its section. */
export async function askSource(): Promise<Partial<Draft>> {
  const kinds = Object.values(sourceKinds).map(({ name, title }) => ({ value: name, name: title }));
  const source = await askChoice('Where do the records come from?', kinds);
  const section = await sourceKinds[source].interview({ text: askText, choice: askChoice });
  return { source, [source]: section };
}
