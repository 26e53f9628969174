import { SuperviseError } from '../../src/errors/supervise-error.js';
import { isThrottling } from '../../src/vault/http-statuses.js';
import { openStoredRecords } from '../../src/vault/stored-records.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { isTooMany } from '../doubt/ask-together.js';
import { askVault } from '../doubt/ask-vault.js';
import { connectVault, recordsSettings } from '../vault/connect-vault.js';
import type { TaskOptions } from '../task.js';
import { openGate } from '../pace/open-gate.js';
import { openSharedTable } from '../pace/shared-pace.js';
import { openReauthorisation } from '../vault/reauthorisation.js';
import { VaultHealth } from '../vault/vault-health.js';

/** A vault that is only read from, at the job's pace. */
export interface VaultReading {
  /** The value under each token, or `too_many` for so many tokens in one request. Throws when there is no answer. */
  ask(records: RecordColumns): Promise<readonly (string | undefined)[] | 'too_many'>;
  /** How many records the table holds; null where the vault does not say. */
  count(): Promise<number | null>;
  close(): Promise<void>;
}

type Unanswered = Extract<LookupAnswer, { kind: 'unanswered' }>;

/** Connects to the job's vault for reading, with the credential for it where there is one. */
export async function openReading(options: TaskOptions): Promise<VaultReading> {
  const { job, stop, metrics } = options;
  const { vault, connection } = job;
  const { lookupCredential: own, ...others } = connection;
  const readingJob = {
    ...job,
    skyflow: { ...job.skyflow, lookup: 'value' as const },
    connection: { ...others, credential: own ?? others.credential },
  };
  const { client, credential } = await connectVault(readingJob, options.renewSecret);
  const stored = await openStoredRecords({
    ...recordsSettings(job),
    credential,
    connections: 1,
  });
  const reauthorisation = openReauthorisation(credential, options);
  const shared = await openSharedTable(job);
  const gate = openGate(options, { shared, answerToken: (token) => reauthorisation.answer(token) });
  const health = new VaultHealth(vault.name);
  const lookup: typeof client.lookup = async (tokens, asked) => {
    const startedMs = performance.now();
    metrics.requestStarted();
    try {
      const answer = await client.lookup(tokens, asked);
      const apiMs = performance.now() - startedMs;
      metrics.requestEnded(answer.kind === 'unanswered' && answer.status === undefined ? undefined : apiMs);
      metrics.spent('api', apiMs);
      const status = answer.kind === 'unanswered' ? answer.status : undefined;
      if (status !== undefined && isThrottling(status)) metrics.count('throttled');
      return answer;
    } catch (error) {
      metrics.requestEnded();
      throw error;
    }
  };
  return {
    async ask(records) {
      const answer = await askVault(records, {
        vaultName: vault.name,
        client: { lookup },
        gate,
        health,
        maxAttempts: job.performance.max_attempts,
        stopping: stop.stopping,
        reauthorise: (message) => reauthorisation.wait(message),
      });
      if (answer.kind === 'found') return answer.held;
      if (records.tokens.length > 1 && isTooMany(answer)) return 'too_many';
      throw unreadable(vault.name, answer);
    },
    async count() {
      const answer = await stored.count({ signal: stop.stopping }).catch(() => undefined);
      return answer?.kind === 'done' ? answer.value : null;
    },
    async close() {
      await Promise.all([client.close(), stored.close(), shared?.close()]);
    },
  };
}

function unreadable(vaultName: string, { status, message }: Unanswered): SuperviseError {
  const where = `vault ${vaultName}: ${status === undefined ? '' : `HTTP ${status}, `}`;
  switch (status) {
    case 403:
      return new SuperviseError('forbidden', `${where}the credential may not read here: ${message}`, {
        hint: 'Give it a role with detokenize, or another one for reading (skyflow.lookup_bearer_token, skyflow.lookup_credentials_file).',
      });
    case 404:
      return new SuperviseError('not_found', `${where}no such vault: ${message}`, {
        hint: 'Check the vault id and skyflow.vault_url.',
      });
    default:
      return new SuperviseError('unavailable', `${where}the vault could not be asked: ${message}`);
  }
}
