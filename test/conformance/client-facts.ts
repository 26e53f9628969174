import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';

/**
 * A request that a client written by others sends, as a fact of its code, and what it reads of the answer. `FIRST` is the
 * id that the first insert gave, `SECOND` that of its second record. Nothing of their code stands here.
 */
export interface ClientFact {
  readonly client: string;
  readonly what: string;
  readonly send: readonly [method: string, path: string, body?: string];
  readonly status: number;
  readonly answer: RegExp;
}

/** Sends them in their order to one vault whose column `ssn` is unique; each is a test of its own. */
export async function sendFacts(t: TestContext, facts: readonly ClientFact[]): Promise<void> {
  const sandbox = await startVaultSandbox({ uniqueColumns: ['ssn'] });
  let ids: readonly string[] = [];
  try {
    for (const { client, what, send, status, answer } of facts) {
      await t.test(`${client}: ${what}`, async () => {
        const [method, path, body = null] = send;
        const headers = { authorization: 'Bearer any', 'content-type': 'application/json' };
        const [first = '', second = ''] = ids;
        const named = (words: string): string =>
          words.replace(/\bFIRST\b/g, first).replace(/\bSECOND\b/g, second);
        const sent = body === null ? null : named(body);
        const got = await fetch(sandbox.url + named(path), { method, headers, body: sent });
        const answered = await got.text();
        if (ids.length === 0)
          ids = [...answered.matchAll(/"skyflow_id":"([^"]+)"/g)].map(([, id]) => id ?? '');
        const text = [
          [first, 'FIRST'],
          [second, 'SECOND'],
        ].reduce((words, [id = '', name = '']) => (id === '' ? words : words.replaceAll(id, name)), answered);
        assert.equal(got.status, status, text);
        assert.match(text, answer);
      });
    }
  } finally {
    await sandbox.close();
  }
}
