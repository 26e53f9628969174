import assert from 'node:assert/strict';
import type { ProgramEnd } from '../support/program.js';
import { findTexts, readTree } from '../support/file-tree.js';
import type { Workspace } from '../support/workspace.js';

/** What must not be found where it does not belong. */
export const BEARER = 'sentinel-bearer-4e8b1c';
export const VALUE = 'Sentinel Value 6f2d';
export const TOKEN = 'sentinel-token-a917';

export const sentinelPairs = (count: number): (readonly [string, string])[] =>
  Array.from({ length: count }, (_, at) => [`${VALUE} ${at}`, `${TOKEN}-${at}`] as const);

const isErrorLog = (name: string): boolean => /^(merged_)?error_log_.*\.json$/.test(name);

/**
 * Invariant 7 for a run that has ended: the bearer token stands nowhere; values and tokens stand in error logs of
 * mode 0600 alone.
 */
export async function assertPrivate(
  workspace: Workspace,
  end: ProgramEnd,
  expected: { readonly errorLogs: boolean },
): Promise<void> {
  const files = await readTree(workspace.at('runs'));
  assert.ok(
    files.some(({ name }) => name === 'run.log'),
    'there is a run directory to look into',
  );
  assert.deepEqual(findTexts(files, [BEARER]), [], 'the bearer token is on disk');
  const logs = files.filter(({ name }) => isErrorLog(name));
  const others = files.filter(({ name }) => !isErrorLog(name));
  assert.deepEqual(findTexts(others, [VALUE, TOKEN]), [], 'records are outside of the error logs');
  assert.equal(
    findTexts(logs, [VALUE]).length > 0,
    expected.errorLogs,
    'failed records are in the error logs, and no others are',
  );
  for (const { path, mode } of files) assert.equal(mode, 0o600, path);
  for (const text of [BEARER, VALUE, TOKEN]) {
    assert.ok(!end.stdout.includes(text), `stdout shows ${text}`);
    assert.ok(!end.stderr.includes(text), `stderr shows ${text}`);
  }
}
