import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from './pages.js';

test('every promise of the security page names tests that are there', async () => {
  const page = await readFile(join(projectFolder, 'docs/security.md'), 'utf8');
  const [, section = ''] = /^## What holds, and what shows it$(.*?)^## /ms.exec(page) ?? [];
  const rows = section.split('\n').filter((line) => /^\| (?!-|Promise)/.test(line));
  assert.ok(rows.length >= 15, 'there are promises');
  for (const row of rows) {
    const shownBy = [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    assert.ok(shownBy.length > 0, row);
    for (const name of shownBy) assert.ok(existsSync(join(projectFolder, 'test', `${name}.test.ts`)), name);
  }
});
