import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { acquireLoadLock, loadFile } from '../../src/journal/load-lock.js';
import { acquireLock } from '../../src/journal/lock.js';
import { memoryFolder, temporaryFolder } from './fixtures.js';

const HOLDER = fileURLToPath(new URL('./processes/lock-holder.js', import.meta.url));
const options = { waitMs: 0, describe: 'the journal of vault SSN' };

async function startHolder(t: TestContext, file: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, [HOLDER, 'hold', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return holder;
}

async function kill(holder: ChildProcess): Promise<void> {
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
}

test('a lock is held by one at a time, and is free again after its release', async (t) => {
  const file = join(await temporaryFolder(t), 'deep', 'a.lock');
  const lock = await acquireLock(file, options);
  await assert.rejects(acquireLock(file, options), {
    name: 'SuperviseError',
    code: 'locked',
    message: new RegExp(`^the journal of vault SSN is in use by process ${process.pid} since `),
  });
  await lock.release();
  await lock.release();
  const again = await acquireLock(file, options);
  await lock.release();
  await assert.rejects(acquireLock(file, options), { code: 'locked' });
  await again.release();
  assert.deepEqual(await readdir(join(file, '..')), []);
});

test('a lock of another living process is refused with its pid, and left alone', async (t) => {
  const file = join(await temporaryFolder(t), 'a.lock');
  const holder = await startHolder(t, file);
  const before = await readFile(file, 'utf8');
  await assert.rejects(acquireLock(file, { ...options, waitMs: 150 }), {
    code: 'locked',
    message: new RegExp(`process ${holder.pid} `),
  });
  assert.equal(await readFile(file, 'utf8'), before);
  await kill(holder);
});

test('whoever waits gets the lock when its holder is killed', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.lock');
  const holder = await startHolder(t, file);
  const waiting = acquireLock(file, { ...options, waitMs: 30_000 });
  await kill(holder);
  await (await waiting).release();
  assert.deepEqual(await readdir(folder), []);
});

test('waiting ends at once when the signal is aborted', async (t) => {
  const file = join(await temporaryFolder(t), 'a.lock');
  const lock = await acquireLock(file, options);
  const controller = new AbortController();
  const waiting = acquireLock(file, { ...options, waitMs: 3_600_000, signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  await lock.release();
});

test('a living pid with another start time, or from another boot, does not hold the lock', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.lock');
  const original = await acquireLock(file, options);
  const content = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await original.release();
  if (content['start_ticks'] === undefined) {
    t.skip('this system tells no start times');
    return;
  }
  for (const changed of [{ start_ticks: '1' }, { boot_id: 'another' }]) {
    await writeFile(file, JSON.stringify({ ...content, ...changed }));
    await (await acquireLock(file, options)).release();
  }
  // The control: unchanged, this living process holds it.
  await writeFile(file, JSON.stringify(content));
  await assert.rejects(acquireLock(file, options), { code: 'locked' });
});

test('an empty or torn lock file is stale only after it has stood for a while', async (t) => {
  const folder = await temporaryFolder(t);
  for (const text of ['', '{"id":"0b0', '{}', '\0\0\0']) {
    const file = join(folder, 'a.lock');
    await writeFile(file, text);
    await assert.rejects(acquireLock(file, options), {
      code: 'locked',
      message: /in use by another process/,
    });
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(file, anHourAgo, anHourAgo);
    await (await acquireLock(file, options)).release();
  }
  assert.deepEqual(await readdir(folder), []);
});

test('a taker that died while taking over is no obstacle either', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.lock');
  await kill(await startHolder(t, file));
  const { id } = JSON.parse(await readFile(file, 'utf8')) as { id: string };
  // It had taken the right to replace the dead lock, and got no further.
  const right = `${file}.${id}`;
  await kill(await startHolder(t, right));
  await (await acquireLock(file, options)).release();
  assert.deepEqual(await readdir(folder), []);
});

test('a living taker keeps all others from replacing the same dead lock', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.lock');
  await kill(await startHolder(t, file));
  const { id } = JSON.parse(await readFile(file, 'utf8')) as { id: string };
  const right = await acquireLock(`${file}.${id}`, options);
  await assert.rejects(acquireLock(file, options), { code: 'locked' });
  await right.release();
  await (await acquireLock(file, options)).release();
});

test('many takers of one dead lock, each a little later than the one before: exactly one gets it', async (t) => {
  const folder = await memoryFolder(t);
  for (let round = 0; round < 50; round += 1) {
    const file = join(folder, `${round}.lock`);
    const dead = { id: crypto.randomUUID(), pid: 2 ** 22 + 1, since: 'then' };
    await writeFile(file, JSON.stringify(dead));
    const attempts: Promise<boolean>[] = [];
    for (let taker = 0; taker < 12; taker += 1) {
      attempts.push(
        acquireLock(file, options).then(
          () => true,
          () => false,
        ),
      );
      for (let turn = 0; turn < round % 5; turn += 1) await setImmediate();
    }
    const taken = (await Promise.all(attempts)).filter(Boolean);
    assert.equal(taken.length, 1);
  }
});

test('processes that race for a lock, and leave it behind when they end, never hold it together', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.lock');
  const counter = join(folder, 'counter');
  const [processes, times] = [6, 12];
  await writeFile(counter, '0');
  await writeFile(file, JSON.stringify({ id: crypto.randomUUID(), pid: 2 ** 22 + 1, since: 'then' }));
  const statuses = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = spawn(process.execPath, [HOLDER, 'count', file, counter, String(times)], {
        stdio: 'inherit',
      });
      t.after(() => child.kill('SIGKILL'));
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    }),
  );
  assert.deepEqual(statuses, Array<number>(processes).fill(0));
  assert.equal(Number(await readFile(counter, 'utf8')), processes * times);
  const trace = (await readFile(`${counter}.trace`, 'utf8')).trim().split('\n');
  for (let at = 0; at < trace.length; at += 2) {
    assert.equal(trace[at]?.replace(' in', ' out'), trace[at + 1]);
  }
});

test('loads into the same table of the same vault share a lock file, others do not', () => {
  const vaultUrl = 'https://a.example';
  const target = { vaultUrl, vaultId: 'a/b', table: 'ssn' };
  assert.equal(
    loadFile('/locks', target, 'lock'),
    loadFile('/locks', { ...target, vaultUrl: 'https://A.example/' }, 'lock'),
  );
  const others = [
    { ...target, vaultId: 'a', table: 'b/ssn' },
    { ...target, table: 'SSN' },
    { ...target, vaultId: 'a/bssn', table: '' },
    { ...target, vaultUrl: 'https://b.example' },
  ];
  for (const other of others)
    assert.notEqual(loadFile('/locks', target, 'lock'), loadFile('/locks', other, 'lock'));
  assert.match(loadFile('/locks', target, 'lock'), /^\/locks\/load_[0-9a-f]{24}\.lock$/);
});

test('of the former folder nothing stays behind, and loads that give it up and take it at once lose no lock', async (t) => {
  const folder = await temporaryFolder(t);
  const folders = { stateFolder: join(folder, 'state'), formerLockFolder: join(folder, 'former') };
  const targetOf = (table: string) => ({ vaultUrl: 'http://127.0.0.1:1', vaultId: 'v', table });
  const held = await acquireLoadLock(folders, targetOf('held'), options);
  const other = await acquireLoadLock(folders, targetOf('other'), options);
  await other.release();
  const former = loadFile(folders.formerLockFolder, targetOf('held'), 'lock');
  assert.ok((await readFile(former, 'utf8')).includes(String(process.pid)), 'as long as one is held');
  await held.release();
  assert.deepEqual(await readdir(folder), ['state']);

  const loadAgainAndAgain = async (table: string): Promise<void> => {
    for (let round = 0; round < 50; round += 1) {
      const lock = await acquireLoadLock(folders, targetOf(table), options);
      await readFile(loadFile(folders.formerLockFolder, targetOf(table), 'lock'));
      await lock.release();
    }
  };
  await Promise.all(['a', 'b', 'c', 'd'].map(loadAgainAndAgain));
  assert.deepEqual(await readdir(folder), ['state']);
});
