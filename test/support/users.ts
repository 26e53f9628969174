import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../supervisor/main.js', import.meta.url));

/** A user of the machine, as spawn and chown take one. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Whose load it is: `daemon`, which every Linux has. */
export const victim: User = { uid: 1, gid: 1 };

/** Somebody else on the same machine. */
export const stranger: User = { uid: 65_534, gid: 65_534 };

function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'needs root, to play two users';
  const { status } = spawnSync(process.execPath, [program, '--version'], { ...victim, cwd: '/', env: {} });
  return status === 0 ? undefined : 'needs a checkout that every user may read, to play two users';
}

const reason = whyNot();

/** Options of a test that plays two users of a machine: it is skipped, visibly, where that is not possible. */
export const needsTwoUsers = reason === undefined ? {} : { skip: reason };
