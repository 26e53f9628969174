import { faultOfServerUrl, withoutTrailingSlash } from '../../../src/outside/hosts.js';
import { findSetting } from '../../../src/config/catalogue.js';
import { vaultsSchema } from '../../../src/config/skyflow-section.js';
import type { DraftVault, Draft } from './draft.js';
import type { Interview } from './interview.js';
import { sourceKinds } from '../../../src/source/source-kinds.js';

/** The vaults of the loader that this replaces, with their columns. */
const usual = [
  { value: 'NAME', column: 'name' },
  { value: 'ID', column: 'id' },
  { value: 'DOB', column: 'dob' },
  { value: 'SSN', column: 'ssn' },
] as const;

export async function askVaultUrl(ask: Interview): Promise<string> {
  const url = await ask.text({
    question: 'URL of the vaults (https://….vault.skyflowapis.com):',
    fault: (answer) => {
      const fault = faultOfServerUrl(answer);
      return fault === undefined ? undefined : `This is ${fault}.`;
    },
  });
  return withoutTrailingSlash(url);
}

/** The vaults to load, at least one. */
export async function askVaults(ask: Interview): Promise<DraftVault[]> {
  const chosen = await ask.several(
    'Which of the usual vaults?',
    usual.map(({ value, column }) => ({ value, name: `${value} (column ${column})` })),
  );
  const vaults: DraftVault[] = [];
  for (const { value: name, column } of usual) {
    if (chosen.includes(name)) vaults.push(await askVault(ask, name, column));
  }
  while (vaults.length === 0 || (await ask.yesNo('Another vault?', false))) {
    const name = await askField(ask, 'name', 'Name of the vault:', {
      taken: vaults.map((vault) => vault.name.toLowerCase()),
    });
    const column = await askField(ask, 'column', `Column of ${name}:`, { usual: name.toLowerCase() });
    vaults.push(await askVault(ask, name, column));
  }
  return vaults;
}

async function askVault(ask: Interview, name: string, column: string): Promise<DraftVault> {
  const id = await askField(ask, 'id', `Vault ID of ${name}:`, {});
  const table = await askField(ask, 'table', `Table of ${name}:`, { usual: column });
  return { name, id, column, ...(table === column ? {} : { table }) };
}

async function askField(
  ask: Interview,
  field: 'name' | 'id' | 'column' | 'table',
  question: string,
  options: { readonly usual?: string; readonly taken?: readonly string[] },
): Promise<string> {
  const shape = vaultsSchema.element.shape[field];
  return ask.text({
    question,
    ...(options.usual === undefined ? {} : { usual: options.usual }),
    fault: (answer) => {
      if (answer === '' || !shape.safeParse(answer).success) {
        return `Allowed: ${findSetting(`skyflow.vaults[].${field}`)?.allowed ?? 'a name'}.`;
      }
      return options.taken?.includes(answer.toLowerCase()) === true ? 'Another vault has it.' : undefined;
    },
  });
}

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
