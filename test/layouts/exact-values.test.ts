import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, vaults, Workspace } from '../support/workspace.js';

const { SSN } = vaults;

const chosen = [
  'O"Brien, "Pat"',
  '"',
  '""',
  ',',
  'two\nlines',
  'two\r\nlines\r\n',
  '\n',
  '  leading and trailing  ',
  ' ',
  '\t',
  '🙂👩‍👩‍👧‍👦',
  'é and e\u0301 are not the same',
  '\ufeffmarked',
  'a\u2028b\u0085c',
  '\u0001\u001f\u007f',
  'back\\slash \\n \\u0041',
  '00123',
  '1e3',
  'null',
  '=1+1',
  '</script>',
  'x'.repeat(2_500),
  '🙂'.repeat(1_250),
];

test('values and tokens travel exactly as they stand, whatever they are made of', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const drawn = fc.sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), 300);
  const texts = [...chosen, ...drawn];
  // Every text is once a value and once a token.
  const pairs = texts.flatMap((text, at) => [[text, `tok_${at}`] as const, [`value ${at}`, text] as const]);
  await workspace.writePairs('SSN', pairs);
  await workspace.configure(sandbox.url, ['SSN'], {
    csv: { accept: ['bom'] },
    performance: { batch_size: 40, max_concurrency: 3 },
  });

  await workspace.run(['--all'], { status: 0 });
  assert.deepEqual(
    await sandbox.pairs(SSN.id, SSN.column),
    asMultiset(pairs),
    `drawn: ${JSON.stringify(drawn)}`,
  );
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.skipped], [pairs.length, pairs.length, 0]);
});
