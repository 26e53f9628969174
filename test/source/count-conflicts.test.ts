import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { countConflicts } from '../../src/source/csv/count-conflicts.js';
import { startSandbox } from '../support/sandbox.js';
import { Workspace } from '../support/workspace.js';

type Pairs = readonly (readonly [string, string])[];

/** What comparing every pair with every other says. */
function conflictsOf(pairs: Pairs): { valuesWithSeveralTokens: number; tokensWithSeveralValues: number } {
  const several = (of: 0 | 1): number => {
    const partners = new Map<string, Set<string>>();
    for (const pair of pairs) {
      const found = partners.get(pair[of]) ?? new Set();
      partners.set(pair[of], found.add(pair[of === 0 ? 1 : 0]));
    }
    return [...partners.values()].filter(({ size }) => size > 1).length;
  };
  return { valuesWithSeveralTokens: several(0), tokensWithSeveralValues: several(1) };
}

test('conflicts of many rows are counted exactly, with nothing readable on the disk and nothing left there', async () => {
  await using workspace = await Workspace.create();
  const pairs = Array.from({ length: 60_000 }, (_, at) => {
    const value = `secret ${at % 50_000 === 7 ? 7 : at % 59_000}`;
    return [value, `tok_${at % 31 === 0 ? at % 997 : at}`] as const;
  });
  let isNamed = false;
  const cursor = {
    read: async ({ start }: { readonly start: number }, count: number) => {
      isNamed ||= (await readdir(workspace.at('data'))).length > 0;
      const end = Math.min(pairs.length, start + count);
      const rows = pairs.slice(start, end);
      return start === end
        ? undefined
        : {
            start,
            end,
            values: rows.map(([value]) => value),
            tokens: rows.map(([, token]) => token),
            skipped: [],
          };
    },
  };

  const found = await countConflicts(cursor, {
    folder: workspace.at('data'),
    signal: new AbortController().signal,
  });

  assert.deepEqual(found, conflictsOf(pairs));
  assert.ok(found.valuesWithSeveralTokens > 900 && found.tokensWithSeveralValues > 900);
  assert.equal(isNamed, false, 'the file has no name while it is used: it is gone with the process');
});

test('--check-conflicts says what contradicts itself in CSV files, and loads', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['SSN']);
  await workspace.writePairs('SSN', [
    ['a', 't1'],
    ['a', 't2'],
    ['b', 't3'],
    ['c', 't3'],
    ['d', 't4'],
  ]);

  const end = await workspace.run(['load', '--check-conflicts'], { status: 0 });
  assert.match(end.stdout, /conflicting pairs: 1 values with several tokens, 1 tokens with several values/);
  const [run = ''] = await workspace.runs();
  assert.deepEqual(
    (await readdir(run)).filter((name) => name.includes('conflicts')),
    [],
  );
  assert.doesNotMatch(await readFile(`${run}/run.log`, 'utf8'), /"t3"/);
});
