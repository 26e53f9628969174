import type { Configuration, VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { withholding, type RawEntry } from '../../../src/error-log/error-log-entry.js';
import { RedactionKey } from '../../../src/privacy/redaction-key.js';
import { ledgerOf, type KnownRun } from '../../history/known-runs.js';
import { configuredKeys } from '../../secrets/configured-keys.js';

/**
 * Throws `usage` when the records that fail from now on would stand in a vault's error log in another way than those that
 * stand there: a mixture would be refused by `retry`, since strangers' entries look no different.
 */
export async function assertSameProtection(
  run: KnownRun,
  vaults: readonly VaultSettings[],
  configuration: Configuration,
): Promise<void> {
  const wanted = await wantedProtection(configuration);
  for (const { name } of vaults) {
    const first = await firstEntry(run, name);
    const before = first && protectionOf(first);
    if (before === undefined || before === wanted) continue;
    throw new SuperviseError(
      'usage',
      `vault ${name}: the failed records in the error log of this run are ${before}; those that fail now would be ${wanted}`,
      {
        hint: 'Go on with the settings of the run (error_log, --encrypt-errors, --redact-errors, --redact-key left as they were). What a retry logs may be kept otherwise.',
      },
    );
  }
}

async function firstEntry(run: KnownRun, vaultName: string): Promise<RawEntry | undefined> {
  const ledger = await ledgerOf(run, vaultName);
  for await (const { raw } of ledger?.errors?.entries() ?? []) return raw;
  return undefined;
}

function protectionOf(raw: RawEntry): string {
  return inWords(withholding(raw), raw.redacted?.key_id);
}

async function wantedProtection({ error_log: log }: Configuration): Promise<string> {
  if (log.encrypt_to !== undefined) return inWords('encrypted', undefined);
  if (!log.redact) return inWords(undefined, undefined);
  const { redactKeyFile } = configuredKeys({ error_log: log });
  return inWords('redacted', redactKeyFile && (await RedactionKey.read(redactKeyFile)).id);
}

function inWords(how: ReturnType<typeof withholding>, keyId: string | undefined): string {
  if (how !== 'redacted') return how ?? 'in clear';
  return keyId === undefined ? 'redacted without a key' : `redacted with the key ${keyId}`;
}
