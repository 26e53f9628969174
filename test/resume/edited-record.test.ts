import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runRecordSchema, type RunRecord } from '../../src/run-record/run-record.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const names = ['SSN', 'NAME'] as const;

function withoutLastVault(record: RunRecord): RunRecord {
  return { ...record, vaults: record.vaults.slice(0, 1) };
}

function withOtherColumn(record: RunRecord): RunRecord {
  return { ...record, vaults: record.vaults.map((vault) => ({ ...vault, column: 'other' })) };
}

/** As one would do who has read that the checksum differs. */
function withoutVaultAndChecksum(record: RunRecord): RunRecord {
  return { ...withoutLastVault(record), checksum: undefined };
}

function withoutSuffix(record: RunRecord): RunRecord {
  return { ...record, suffix_unix_seconds: 1_700_000_000 };
}

function withOtherSetting(record: RunRecord): RunRecord {
  const [first, ...more] = record.sessions;
  assert.ok(first);
  const settings = { ...first.settings, 'csv.delimiter': { value: ';', origin: 'default' as const } };
  return { ...record, sessions: [{ ...first, settings }, ...more] };
}

test('a record that was edited is refused with nothing sent: a vault that is left out would be forgotten without a word', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['expiredTokens=["test-bearer-token"]']);
  await workspace.configure(sandbox.url, names);
  for (const name of names) await workspace.writePairs(name, makePairs(30, name));
  await workspace.run(['--all', '--quiet'], { status: 3 });
  await sandbox.set({ expiredTokens: [] });
  const [directory = ''] = await workspace.runs();
  const file = join(directory, 'run.json');
  const original = await readFile(file, 'utf8');
  {
    for (const edit of [
      withoutLastVault,
      withOtherColumn,
      withoutSuffix,
      withOtherSetting,
      withoutVaultAndChecksum,
    ]) {
      await writeFile(file, JSON.stringify(edit(runRecordSchema.parse(JSON.parse(original)))));
      // A record of other vaults is not that of this load, which then begins anew.
      const starting = edit === withoutSuffix ? [['--all', '--start-or-resume']] : [];
      for (const command of [['resume'], ['resume', directory], ['verify', directory], ...starting]) {
        const refused = await workspace.run(command);
        const what = `${edit.name}, ${command.join(' ')}: ${refused.stdout}${refused.stderr}`;
        assert.equal(refused.status, 2, what);
        assert.match(
          refused.stderr,
          /run\.json is not what was written \(its checksum (?:differs|is missing)\)/,
          what,
        );
        assert.match(refused.stderr, /--skip-existing/, what);
      }
    }
  }
  for (const name of names)
    assert.deepEqual(await sandbox.pairs(vaults[name].id, vaults[name].column), [], name);

  // What only its white space tells from the original is the original.
  await writeFile(file, JSON.stringify(JSON.parse(original)));
  await workspace.run(['resume'], { status: 0 });
  for (const name of names) {
    assert.deepEqual(
      await sandbox.pairs(vaults[name].id, vaults[name].column),
      asMultiset(makePairs(30, name)),
    );
  }
});
