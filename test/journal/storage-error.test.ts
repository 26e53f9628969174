import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { orStorageError } from '../../src/journal/storage-error.js';

test('a pattern that matches no file is no lost directory', async () => {
  const opening = (file: string) => orStorageError('open', file, readFile(file));
  await assert.rejects(opening('/nowhere/runs/*/merged_error_log_*.json'), {
    code: 'storage',
    hint: /matches this pattern.*no error log/,
  });
  await assert.rejects(opening('/nowhere/runs/merged.json'), { hint: /directory is gone/ });
});
