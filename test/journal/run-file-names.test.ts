import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const project = fileURLToPath(new URL('../../../', import.meta.url));

test('the names of journals, heads and error logs stand in the file store only', async () => {
  const knowing: string[] = [];
  for (const folder of ['src', 'child', 'supervisor']) {
    for (const file of await readdir(join(project, folder), { recursive: true })) {
      if (!file.endsWith('.ts')) continue;
      const code = (await readFile(join(project, folder, file), 'utf8')).replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
      // With a vault or a time in them; the ending of a head.
      if (/[`'"](?:journal|error_log|merged_error_log)_\$|\.head['`]/.test(code))
        knowing.push(join(folder, file));
    }
  }
  assert.deepEqual(knowing, ['src/journal/file/run-files.ts']);
});
