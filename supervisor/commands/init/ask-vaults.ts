import { faultOfServerUrl, withoutTrailingSlash } from '../../../src/config/server-url.js';
import { findSetting } from '../../../src/config/catalogue.js';
import { vaultsSchema } from '../../../src/config/vault-schema.js';
import { askSeveral, askText, askYesNo } from '../../ask/ask-person.js';
import type { DraftVault } from './draft.js';

/** The vaults of the loader that this replaces, with their columns. */
const usual = [
  { value: 'NAME', column: 'name' },
  { value: 'ID', column: 'id' },
  { value: 'DOB', column: 'dob' },
  { value: 'SSN', column: 'ssn' },
] as const;

export async function askVaultUrl(): Promise<string> {
  const url = await askText({
    question: 'URL of the vaults (https://….vault.skyflowapis.com):',
    fault: (answer) => {
      const fault = faultOfServerUrl(answer);
      return fault === undefined ? undefined : `This is ${fault}.`;
    },
  });
  return withoutTrailingSlash(url);
}

/** The vaults to load, at least one. */
export async function askVaults(): Promise<DraftVault[]> {
  const chosen = await askSeveral(
    'Which of the usual vaults?',
    usual.map(({ value, column }) => ({ value, name: `${value} (column ${column})` })),
  );
  const vaults: DraftVault[] = [];
  for (const { value: name, column } of usual) {
    if (chosen.includes(name)) vaults.push(await askVault(name, column));
  }
  while (vaults.length === 0 || (await askYesNo('Another vault?', false))) {
    const name = await askField('name', 'Name of the vault:', {
      taken: vaults.map((vault) => vault.name.toLowerCase()),
    });
    const column = await askField('column', `Column of ${name}:`, { usual: name.toLowerCase() });
    vaults.push(await askVault(name, column));
  }
  return vaults;
}

async function askVault(name: string, column: string): Promise<DraftVault> {
  const id = await askField('id', `Vault ID of ${name}:`, {});
  const table = await askField('table', `Table of ${name}:`, { usual: column });
  return { name, id, column, ...(table === column ? {} : { table }) };
}

async function askField(
  field: 'name' | 'id' | 'column' | 'table',
  question: string,
  options: { readonly usual?: string; readonly taken?: readonly string[] },
): Promise<string> {
  const shape = vaultsSchema.element.shape[field];
  return askText({
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
