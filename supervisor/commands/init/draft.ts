import type { z } from 'zod';
import type { Settings } from '../../../src/config/configuration.js';
import { resolveSettings } from '../../../src/config/resolve-settings.js';
import { configurationSchema } from '../../../src/config/schema.js';

/** A configuration file as it will be written. */
export type Draft = z.input<typeof configurationSchema>;
export type DraftSection<Name extends keyof Draft> = NonNullable<Draft[Name]>;
export type DraftVault = NonNullable<DraftSection<'skyflow'>['vaults']>[number];

/** The secrets that were given, by key of the section `skyflow`; in the file only if they are wanted there. */
export type GivenSecrets = Pick<DraftSection<'skyflow'>, 'bearer_token' | 'api_key'>;

/** The settings that a draft comes to, secrets in force. Throws for a draft that the schema refuses. */
export function draftedSettings(draft: Draft, secrets: GivenSecrets): Settings {
  const parsed = configurationSchema.parse({ ...draft, skyflow: { ...draft.skyflow, ...secrets } });
  return resolveSettings(parsed, process.cwd());
}

/** The text of the file. Throws for a draft that the schema refuses. */
export function draftText(draft: Draft): string {
  configurationSchema.parse(draft);
  return `${JSON.stringify(draft, undefined, 2)}\n`;
}
