import pRetry from 'p-retry';
import type { LookupAnswer, VaultClient } from '../src/vault/vault-client.js';
import type { PaceGate } from './pace-gate.js';
import { waitFor } from './wait-for.js';

const firstDelayMs = 500;
const maxDelayMs = 30_000;

class AskAgain extends Error {
  readonly answer: Extract<LookupAnswer, { kind: 'unanswered' }>;
  constructor(answer: Extract<LookupAnswer, { kind: 'unanswered' }>) {
    super(answer.message);
    this.answer = answer;
  }
}

/** What the vault holds under these tokens, asked again while that may help; reading twice harms nobody. */
export async function askVault(
  tokens: readonly string[],
  options: {
    readonly client: VaultClient;
    readonly gate: PaceGate;
    readonly maxAttempts: number;
    readonly stopping: AbortSignal;
  },
): Promise<LookupAnswer> {
  const { client, gate, stopping } = options;
  try {
    return await pRetry(
      async () => {
        const permit = await gate.enter(tokens.length, stopping);
        try {
          const answer = await client.lookup(tokens, { signal: stopping });
          if (answer.kind === 'unanswered' && answer.retryable) {
            if (answer.status === 429 || answer.status === 503 || answer.status === 529)
              permit.throttled(answer.retryAfterMs);
            throw new AskAgain(answer);
          }
          return answer;
        } finally {
          permit.leave();
        }
      },
      {
        retries: options.maxAttempts - 1,
        minTimeout: 0,
        shouldRetry: async ({ error, attemptNumber }) => {
          if (!(error instanceof AskAgain)) return false;
          const ceilingMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (attemptNumber - 1));
          await waitFor(Math.max(Math.random() * ceilingMs, error.answer.retryAfterMs ?? 0), stopping);
          return true;
        },
      },
    );
  } catch (error) {
    if (error instanceof AskAgain) return error.answer;
    throw error;
  }
}
