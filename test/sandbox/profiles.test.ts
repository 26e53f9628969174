import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeAssignments } from '../../src/sandbox/merge-options.js';
import { parseSandboxOptions } from '../../src/sandbox/options.js';
import { profileNames, sandboxProfiles } from '../../src/sandbox/profiles.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const { SSN } = vaults;

test('with every profile a load ends complete, none lost and none twice', async () => {
  const pairs = makePairs(200, 'ssn');
  await Promise.all(
    profileNames.map(async (name) => {
      await using workspace = await Workspace.create();
      const sandbox = await startVaultSandbox({ ...sandboxProfiles[name], seed: 7 });
      try {
        await workspace.writePairs('SSN', pairs);
        await workspace.configure(sandbox.url, ['SSN'], {
          skyflow: {
            settle_ms: 1_000,
            ...(name === 'flow' ? { wire: 'flow', token_form: 'list', token_group: 'random' } : {}),
          },
          performance: { batch_size: 10, max_concurrency: 4 },
        });
        const end = await workspace.run(['--all']);
        assert.equal(end.status, 0, name + end.stdout + end.stderr);
        const count = await (
          await fetch(`${sandbox.controlUrl}/sandbox/count?vault=${SSN.id}&table=ssn`)
        ).json();
        assert.deepEqual(count, { count: pairs.length }, name);
      } finally {
        await sandbox.close();
      }
    }),
  );
});

test('single options go over those of a profile, and an unknown profile is refused with the known ones', async () => {
  const options = parseSandboxOptions(mergeAssignments(sandboxProfiles.strict, ['getAboveLimit=clamp']));
  assert.deepEqual([options.getAboveLimit, options.deleteAll], ['clamp', 'refuse']);
  await using workspace = await Workspace.create();
  const wrong = await workspace.run(['sandbox', '--profile', 'nice'], { status: 2 });
  assert.match(wrong.stderr, /plain.*strict.*gateway.*flaky.*flow/);
  const strict = workspace.start(['sandbox', '--profile', 'strict', '--option', 'maxBatchRecords=7']);
  const [line] = (await strict.child.stdout.take(1).toArray()) as Buffer[];
  const { control_url: control } = JSON.parse(String(line)) as { control_url: string };
  const live = (await (await fetch(`${control}/sandbox/faults`)).json()) as Record<string, unknown>;
  assert.deepEqual([live['deleteAll'], live['maxBatchRecords'], live['uniqueColumns']], ['refuse', 7, ['*']]);
  strict.child.kill('SIGTERM');
  await strict.ended;
});
