import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { victim } from './users.js';

const program = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));

function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'needs root, to play two users';
  const { status } = spawnSync(process.execPath, [program, '--version'], { ...victim, cwd: '/', env: {} });
  return status === 0 ? undefined : 'needs a checkout that every user may read, to play two users';
}

const reason = whyNot();

/** Options of a test that plays two users of a machine: it is skipped, visibly, where that is not possible. */
export const needsTwoUsers = reason === undefined ? {} : { skip: reason };
