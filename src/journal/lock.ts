import { randomUUID } from 'node:crypto';
import { link, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { readPrivateIfThere } from '../trust/open-private.js';
import { isRunning, ownIdentity } from '../system/process-identity.js';
import { storageError } from './storage-error.js';
import { jsonIn } from '../system/json-in.js';

export interface Lock {
  /** Gives the lock up; it removes no lock but its own, may be called twice, and never rejects. */
  release(): Promise<void>;
}

export interface LockOptions {
  /** How long to wait for the holder; 0 tries once. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What the lock protects, for people: `the journal of vault SSN`. */
  readonly describe: string;
}

/**
 * Takes the lock `file` for this process, waiting for a living holder up to `waitMs`, then throws `locked` with the
 * holder's pid. An aborted signal rejects with its reason. A holder is a process of this host and pid namespace. What
 * another user has put in the lock's place is a `storage` error at once.
 *
 * How it stays one holder at a time. A lock file comes into being complete, by linking a finished file to its name,
 * which fails when the name exists. Only two parties ever touch an existing lock: its holder, who removes it, and
 * whoever takes over from a dead holder. A taker first takes the lock named after that very lock (`FILE.<id>`, the
 * id being drawn anew for each lock), then looks again whether FILE still is the lock with this id, and only then
 * renames its own lock over it. While it holds `FILE.<id>` nobody else can replace lock <id>, and its holder is
 * dead: so what it looked at is what it replaces. A second taker that saw the same dead holder gets `FILE.<id>`
 * only after the first one is done, looks again, and finds a lock with another id. A taker that dies in between
 * leaves `FILE.<id>` behind as a dead lock, which is taken over in the same manner.
 */
export async function acquireLock(file: string, options: LockOptions): Promise<Lock> {
  const { signal, waitMs, describe } = options;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageError('create', dirname(file), error);
  }
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    signal?.throwIfAborted();
    const attempt = await tryLock(file).catch((error: unknown) => {
      throw storageError('lock', file, error);
    });
    if (attempt.taken) return attempt.lock;
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw lockedError(file, describe, attempt.holder);
    await sleep(Math.min(POLL_MS, leftMs), undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** The pid of the living process that has a lock; undefined: nobody has. */
export async function holderOf(file: string): Promise<number | undefined> {
  const holder = await readHolder(file);
  return holder === undefined || holder.dead ? undefined : holder.pid;
}

const POLL_MS = 100;
/** A lock file that cannot be read is a crash's, unless it is younger than this. */
const UNREADABLE_GRACE_MS = 10_000;

const contentSchema = z.object({
  id: z.uuid(),
  pid: z.int().positive(),
  start_ticks: z.string().optional(),
  boot_id: z.string().optional(),
  since: z.string(),
});

interface Holder {
  /** Unlike that of any other lock. */
  readonly id: string;
  /** Absent: the file cannot be read. */
  readonly pid?: number;
  readonly since?: string;
  readonly dead: boolean;
}

type Attempt =
  | { readonly taken: true; readonly lock: Lock }
  | { readonly taken: false; readonly holder: Holder | undefined };

async function tryLock(file: string): Promise<Attempt> {
  const holder = await readHolder(file);
  if (holder !== undefined && !holder.dead) return { taken: false, holder };
  const id = randomUUID();
  const own = `${file}.${id}.new`;
  try {
    await writeOwn(own, id);
    if (holder === undefined) {
      await link(own, file);
      return { taken: true, lock: heldLock(file, id) };
    }
    return (await takeOver(file, own, holder))
      ? { taken: true, lock: heldLock(file, id) }
      : { taken: false, holder: await readHolder(file) };
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return { taken: false, holder: await readHolder(file) };
  } finally {
    await rm(own, { force: true });
  }
}

async function takeOver(file: string, own: string, dead: Holder): Promise<boolean> {
  const right = await tryLock(`${file}.${dead.id}`);
  if (!right.taken) return false;
  try {
    if ((await readHolder(file))?.id !== dead.id) return false;
    await rename(own, file);
    return true;
  } finally {
    await right.lock.release();
  }
}

async function writeOwn(file: string, id: string): Promise<void> {
  const { pid, startTicks, bootId } = await ownIdentity();
  const content = { id, pid, start_ticks: startTicks, boot_id: bootId, since: new Date().toISOString() };
  await writeFile(file, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' });
}

async function readHolder(file: string): Promise<Holder | undefined> {
  const text = await readPrivateIfThere(file);
  if (text === undefined) return undefined;
  const content = contentSchema.safeParse(jsonIn(text)).data;
  if (content === undefined) return unreadableHolder(file);
  const { id, pid, since, start_ticks: startTicks, boot_id: bootId } = content;
  return { id, pid, since, dead: !(await isRunning({ pid, startTicks, bootId })) };
}

/**
 * Locks are never written in place, so an empty or torn one is what a power failure leaves, or is not ours: it is
 * dead once it has stood unchanged for a while (a time in the future counts as that too).
 */
async function unreadableHolder(file: string): Promise<Holder | undefined> {
  try {
    const { ino, mtimeMs } = await lstat(file);
    const dead = Math.abs(Date.now() - mtimeMs) > UNREADABLE_GRACE_MS;
    return { id: `unreadable-${ino}-${Math.trunc(mtimeMs)}`, dead };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function heldLock(file: string, id: string): Lock {
  return {
    async release() {
      try {
        if ((await readHolder(file))?.id === id) await rm(file, { force: true });
      } catch {
        // A lock that cannot be removed (a disk that has failed) is that of a dead process soon, and hinders nobody.
        return;
      }
    },
  };
}

function lockedError(file: string, describe: string, holder: Holder | undefined): SuperviseError {
  const who = holder?.pid === undefined ? 'another process' : `process ${holder.pid}`;
  const since = holder?.since === undefined ? '' : ` since ${holder.since}`;
  return new SuperviseError('locked', `${describe} is in use by ${who}${since} (${file})`, {
    hint: 'Wait until it has ended, or stop it, then try again.',
  });
}
