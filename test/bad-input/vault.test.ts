import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as z from 'zod';
import { runSummarySchema } from '../../src/report/summary-format.js';
import { freePort } from '../../src/system/listen.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(60);
/** More batches than workers: a vault that went on would send more requests than there are workers. */
const pace = { batch_size: 5, max_concurrency: 2 };
const { NAME, SSN } = vaults;

interface Refusal {
  readonly status: number;
  readonly what: string;
  readonly options: readonly string[];
  readonly code: string;
}

const refusals: readonly Refusal[] = [
  {
    status: 401,
    what: 'an unknown token',
    options: ['accessTokens=[{"token":"another-token"}]'],
    code: 'unauthorized',
  },
  {
    status: 403,
    what: 'a token that may not insert',
    options: ['accessTokens=[{"token":"test-bearer-token","access":"none"}]'],
    code: 'forbidden',
  },
  { status: 404, what: 'an unknown vault', options: ['vaults=["another-vault"]'], code: 'not_found' },
];

/** Inserts that arrived: what is asked beforehand (how much the table holds, a sample of the tokens) is no load. */
function insertsOf(stats: Record<string, unknown>): number {
  const routes = z.record(z.string(), z.record(z.string(), z.number())).parse(stats['requests_by_route']);
  return Object.values(routes['insert'] ?? {}).reduce((sum, count) => sum + count, 0);
}

describe('a vault that cannot be loaded ends with 3 and the command that comes next', () => {
  for (const { status, what, options, code } of refusals) {
    test(`${what} (${status}) ends the vault at its first answers, without retries; a resume finishes it`, async () => {
      await using workspace = await Workspace.create();
      await using sandbox = await startSandbox(workspace.path, options);
      await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
      await workspace.writePairs('NAME', pairs);

      const end = await workspace.run(['--all', '--json'], { status: 3 });
      const summary = runSummarySchema.parse(JSON.parse(end.stdout));
      const [vault] = summary.vaults;
      assert.equal(vault?.error?.code, code);
      assert.match(vault.error.message, new RegExp(`NAME.*${status}`));
      assert.match(end.stderr, new RegExp(`${status}`));
      // Which vault and table is the run's own setting, which a resume keeps.
      const next = code === 'not_found' ? /skyflow-supervise load\n/ : /skyflow-supervise resume /;
      assert.match(end.stderr, next);
      const { requests, retries, uploaded, failed } = summary.totals;
      assert.deepEqual([uploaded, failed, retries], [0, 0, 0], 'no record is failed for this');
      assert.ok(requests <= pace.max_concurrency, `${requests} requests`);
      const stats = await sandbox.stats();
      assert.equal(insertsOf(stats), requests, 'the sandbox saw no more inserts than that');
      assert.equal(stats['records_stored'], 0);

      await sandbox.set({ accessTokens: [], vaults: [] });
      await workspace.run(['resume'], { status: 0 });
      assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
    });
  }

  test('a vault that is unknown does not disturb one that is known', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [`vaults=["${SSN.id}"]`]);
    await workspace.configure(sandbox.url, ['NAME', 'SSN'], { performance: pace });
    await workspace.writePairs('NAME', pairs);
    await workspace.writePairs('SSN', pairs);

    await workspace.run(['--all'], { status: 3 });
    const [unknown, known] = (await workspace.summary()).vaults;
    assert.equal(unknown?.error?.code, 'not_found');
    assert.deepEqual([known?.status, known?.uploaded, known?.restarts], ['complete', 60, 0]);
    assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));
  });

  test('a closed port leaves every record unsettled and none failed', async () => {
    await using workspace = await Workspace.create();
    await workspace.configure(`http://127.0.0.1:${await freePort()}`, ['NAME'], {
      // All batches at once: a vault that has never answered is given up after some failures.
      performance: { batch_size: 5, max_concurrency: 12, max_attempts: 1 },
    });
    await workspace.writePairs('NAME', pairs);

    const end = await workspace.run(['--all'], { status: 3 });
    const {
      totals,
      vaults: [vault],
    } = await workspace.summary();
    assert.equal(vault?.error?.code, 'unavailable');
    assert.match(vault.error.message, /ECONNREFUSED/);
    assert.match(vault.error.hint ?? '', /skyflow\.vault_url/);
    assert.deepEqual([totals.read, totals.failed, totals.unsettled], [0, 0, 60]);
    assert.match(end.stdout, /skyflow-supervise resume /);
  });
});
