import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDatabase, createStore, needsPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

test(
  'what cannot be meant of a store or of lanes is refused with what to do, before a record is sent',
  needsPostgres,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    await workspace.writePairs('SSN', makePairs(5, 'ssn'));
    await workspace.configure(sandbox.url, ['SSN'], { store: { patience_ms: 1_000 } });
    const [empty, made] = [await createDatabase(), await createStore()];
    const nowhere = new URL(made);
    nowhere.pathname = '/nowhere';
    const stranger = new URL(made);
    stranger.username = 'stranger';
    const cases: readonly (readonly [store: string, words: readonly string[], said: RegExp])[] = [
      ['', ['--lanes', '0'], /0 needs a store[^]*SKYFLOW_STORE/],
      ['', ['--lanes', '1000'], /lanes/],
      ['', ['--lanes', '-1'], /lanes/],
      ['', ['--lanes', 'x'], /lanes/],
      ['mysql://127.0.0.1/x', [], /not one of PostgreSQL[^]*postgres:\/\//],
      ['postgres://db.example/x?sslmode=disable', [], /does not verify who answers/],
      ['postgres://127.0.0.1:1/x', [], /the store cannot be reached/],
      [empty, [], /holds no store of this program[^]*store init/],
      [nowhere.toString(), [], /no such database/],
      [stranger.toString(), [], /refuses the login/],
      [made, ['--record-ids'], /record_ids does not work with a store[^]*without a store/],
    ];
    for (const [store, words, said] of cases) {
      const env = store === '' ? {} : { SKYFLOW_STORE: store };
      const end = await workspace.run(['load', '--all', ...words], { env });
      const told = end.stdout + end.stderr;
      assert.match(told, said);
      assert.equal(end.status, 2, `${store} ${words.join(' ')}: ${told}`);
    }
    assert.deepEqual(await workspace.runs(), []);
    assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), []);
  },
);
