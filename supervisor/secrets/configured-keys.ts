import type { Settings } from '../../src/config/configuration.js';
import type { KeySource } from '../../src/privacy/read-key-file.js';
import type { OpenerKeys } from '../../src/privacy/record-opener.js';

/** The keys of error logs that are configured: a key's own text goes over the path of its file. */
export function configuredKeys({ error_log: log }: Pick<Settings, 'error_log'>): OpenerKeys {
  return {
    identityFile: sourceOf(log.identity, log.identity_file),
    redactKeyFile: sourceOf(log.redact_key, log.redact_key_file),
  };
}

function sourceOf(text: string | undefined, file: string | undefined): KeySource | undefined {
  return text === undefined ? file : { text };
}
