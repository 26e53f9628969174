import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** The files of the program whose code, comments apart, has such a text. */
async function filesWith(text: RegExp): Promise<string[]> {
  const knowing: string[] = [];
  for (const folder of ['src', 'child', 'supervisor']) {
    for (const file of await readdir(join(project, folder), { recursive: true })) {
      if (!file.endsWith('.ts')) continue;
      const code = (await readFile(join(project, folder, file), 'utf8')).replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
      if (text.test(code)) knowing.push(join(folder, file));
    }
  }
  return knowing;
}

/** The table of formats, and what an archive for support holds. */
const named = ['src/run-record/formats.ts', 'supervisor/commands/support/gather-support.ts'];

test('the names of records, journals, heads and error logs stand in the file store only', async () => {
  // With a vault or a time in them; the ending of a head.
  const names = /[`'"](?:journal|error_log|merged_error_log)_\$|\.head['`]|['`]run\.json['`]/;
  // The example of a definition and the answer to a person may name what they see.
  const expressions = /\/[^/\n]*(?:journal|error_log)_[^/\n]*\/[.\w]*test/;
  assert.deepEqual(
    (await filesWith(expressions)).filter((file) => !file.startsWith('src/journal/file/')),
    [],
  );
  // Beside it only their names for people.
  const elsewhere = (await filesWith(names)).filter(
    (file) => !file.startsWith('src/journal/file/') && !named.includes(file),
  );
  assert.deepEqual(elsewhere, []);
});

test('the names of what else a run directory holds stand where it is described, and /proc where it is read', async () => {
  const names = /['`](?:status|summary)\.json['`]|['`]run\.(?:log|lock)['`]/;
  const elsewhere = (await filesWith(names)).filter((file) => !named.includes(file));
  assert.deepEqual(elsewhere, ['src/run-record/run-directory.ts']);
  assert.deepEqual(await filesWith(/['`]\/(?:proc|sys)\b/), ['src/system/proc.ts']);
});
