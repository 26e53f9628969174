import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

// What tests make, the program is to trust, and other users to read where a test says so, whoever runs them.
process.umask(0o022);

/** No digit, vowel or hexadecimal: a folder named with them looks like no value, token, figure or word. */
const letters = 'jkqwxz';

/**
 * A new folder for this user alone, `start` and letters at random. Not `mkdtemp`, whose six letters and digits have looked
 * like a token to a test that says that none stands in an output.
 */
export function newFolder(start: string): string {
  for (;;) {
    const path = start + Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('');
    try {
      mkdirSync(path, { mode: 0o700 });
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: Pick<TestContext, 'after'>, parent = tmpdir()): Promise<string> {
  const folder = newFolder(join(parent, 'skyflow-supervise-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return Promise.resolve(folder);
}
