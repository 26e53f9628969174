import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { termOf } from '../../supervisor/command-line/flag.js';
import { program } from '../../supervisor/commands/program.js';
import { manPage, manPageFile } from './man-page.js';
import { projectFolder } from './pages.js';

const file = join(projectFolder, manPageFile);
// Not a dependency: it is skipped where it is not installed.
const renderer = 'groff';
const hasGroff = spawnSync(renderer, ['--version']).status === 0;

test('the manual page is what the code says (npm run docs makes it anew), and is installed', () => {
  const written = readFileSync(file, 'utf8').split('\n');
  const stale = manPage()
    .split('\n')
    .findIndex((line, at) => line !== written[at]);
  assert.equal(stale, -1, `line ${stale + 1} is stale: ${written[stale] ?? ''}`);
  const manifest: unknown = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
  const { man, files } = z.object({ man: z.array(z.string()), files: z.array(z.string()) }).parse(manifest);
  assert.deepEqual(man, [manPageFile]);
  assert.ok(files.includes('docs'));
});

test(
  'groff renders the manual page without a warning, with every command and flag as it is typed',
  hasGroff ? {} : { skip: 'needs groff' },
  () => {
    const { stdout, stderr, status } = spawnSync(
      renderer,
      ['-ww', '-man', '-Tutf8', '-P-cbu', '-rLL=80n', file],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(status, 0);
    assert.equal(stderr, '');
    const text = stdout.replaceAll(/\s+/g, ' ');
    const terms = [
      ...program.flags.filter(({ hidden }) => hidden !== true).map(termOf),
      ...program.offered.map(({ name }) => name).filter((name) => name !== 'clear'),
    ];
    assert.deepEqual(
      terms.filter((term) => !text.includes(term)),
      [],
    );
    assert.match(text, /EXIT STATUS .*130, 143, 129 interrupted/);
  },
);
