import type { Configuration } from '../../../src/config/configuration.js';
import type { LoadedConfiguration } from '../../../src/config/load-configuration.js';
import { recipientOfFile } from '../../../src/privacy/identity-file.js';
import { configuredKeys } from '../../secrets/configured-keys.js';
import type { ChosenErrors } from './choose-logs.js';

type Configured = Pick<LoadedConfiguration, 'configuration' | 'origins'>;

/**
 * What a log keeps from its readers, the log of its retry keeps from them too: where the configuration asks for
 * nothing else, records that were encrypted are encrypted to the identity that opens them, and redacted ones are redacted.
 */
export async function keepPrivate(
  { configuration, origins }: Configured,
  chosen: readonly ChosenErrors[],
): Promise<Configured> {
  const { error_log: log } = configuration;
  const isEncrypted = chosen.some(({ errors }) => errors.withheld.encrypted > 0);
  const isRedacted = chosen.some(({ errors }) => errors.withheld.redacted > 0);
  if (log.encrypt_to !== undefined || log.redact) return { configuration, origins };
  if (isRedacted) return withErrorLog({ configuration, origins }, { redact: true });
  const { identityFile } = configuredKeys(configuration);
  if (!isEncrypted || identityFile === undefined) return { configuration, origins };
  return withErrorLog({ configuration, origins }, { encrypt_to: await recipientOfFile(identityFile) });
}

function withErrorLog(
  { configuration, origins }: Configured,
  settings: Partial<Configuration['error_log']>,
): Configured {
  const added = Object.keys(settings).map((key) => [`error_log.${key}`, 'retry'] as const);
  return {
    configuration: { ...configuration, error_log: { ...configuration.error_log, ...settings } },
    origins: { ...origins, ...Object.fromEntries<string>(added) },
  };
}
