import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { SuperviseError } from '../../src/errors/supervise-error.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** Another commit, built in a temporary folder; folder and worktree go with it. */
export interface BaseCheckout extends AsyncDisposable {
  /** Its `supervisor/main.js`. */
  readonly program: string;
  readonly commit: string;
}

export interface BaseWishes {
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/**
 * Checks a commit out and builds it, with the packages of this checkout when both lock the same ones. Throws `usage`
 * when there is no such commit; whatever goes wrong, nothing is left behind.
 */
export async function checkOutBase({ base, signal, progress }: BaseWishes): Promise<BaseCheckout> {
  const commit = await git(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`],
    signal,
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new SuperviseError('usage', `${JSON.stringify(base)} is no commit of this repository`, {
      cause: error,
    });
  });
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'skyflow-supervise-base-')));
  const checkout = join(folder, 'base');
  const dispose = async (): Promise<void> => {
    await git(['worktree', 'remove', '--force', checkout]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
    await git(['worktree', 'prune']).catch(() => undefined);
  };
  try {
    progress(`building ${commit.slice(0, 10)}`);
    await git(['worktree', 'add', '--detach', '--quiet', checkout, commit], signal);
    if (await locksTheSame(checkout)) {
      await symlink(await realpath(join(project, 'node_modules')), join(checkout, 'node_modules'));
    } else {
      progress('its packages differ: npm ci');
      await command('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], checkout, signal);
    }
    await command('npm', ['run', '--silent', 'build'], checkout, signal);
    const program = join(checkout, 'dist/supervisor/main.js');
    if (!existsSync(program)) throw new SuperviseError('usage', `${base} builds no dist/supervisor/main.js`);
    return { program, commit, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function locksTheSame(checkout: string): Promise<boolean> {
  const lock = (folder: string): Promise<string> => readFile(join(folder, 'package-lock.json'), 'utf8');
  return (await lock(checkout)) === (await lock(project));
}

async function git(words: readonly string[], signal?: AbortSignal): Promise<string> {
  return command('git', words, project, signal);
}

/**
 * Runs a command in a process group of its own, so that Ctrl-C is ours to handle: the signal ends the whole group,
 * whatever npm has started in it. Throws with the command's last words.
 */
function command(name: string, words: readonly string[], cwd: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(name, words, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = (): void => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    };
    signal?.addEventListener('abort', stop, { once: true });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    child.once('error', reject);
    child.once('close', (status) => {
      signal?.removeEventListener('abort', stop);
      void output.then(([stdout, stderr]) => {
        if (status === 0) resolve(stdout.trim());
        else if (signal?.aborted === true) reject(new Error(`${name} was stopped`));
        else {
          const hint = `${stdout}\n${stderr}`.trim().split('\n').slice(-6).join('\n');
          reject(new SuperviseError('crashed', `${name} failed in ${cwd}`, { hint }));
        }
      });
    });
  });
}
