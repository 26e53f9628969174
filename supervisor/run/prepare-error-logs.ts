import type { Settings } from '../../src/config/configuration.js';
import { configuredKeys } from '../secrets/configured-keys.js';
import { assertRecipient } from '../../src/privacy/data-key.js';
import { RedactionKey } from '../../src/privacy/redaction-key.js';
import { sourceKinds } from '../../src/source/source-kinds.js';

/**
 * Makes sure, before anything is started, that failed records can be kept as the configuration asks. `makesKey`: a
 * redaction key that is not there yet is made. Throws `config`; resolves with what a person should know.
 */
export async function prepareErrorLogs(
  { error_log: log, source }: Pick<Settings, 'error_log' | 'source'>,
  { makesKey = false }: { readonly makesKey?: boolean } = {},
): Promise<string[]> {
  const kind = sourceKinds[source];
  if (log.encrypt_to !== undefined) await assertRecipient(log.encrypt_to);
  const { redactKeyFile } = configuredKeys({ error_log: log });
  const isMade =
    makesKey && log.redact && typeof redactKeyFile === 'string' && (await RedactionKey.make(redactKeyFile));
  if (redactKeyFile !== undefined) await RedactionKey.read(redactKeyFile);
  const warnings = [
    isMade
      ? `the redaction key ${redactKeyFile} was made, of 256 random bits: retry needs it, and nobody else should have it`
      : undefined,
    log.redact && !kind.readsAgain
      ? `redacted error logs of a load from ${kind.title} cannot be retried: rows are not asked for by position again (--encrypt-errors can)`
      : undefined,
  ];
  return warnings.filter((warning) => warning !== undefined);
}
