import { limitPassed } from '../../src/errors/error-limit.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { ShardJob, StoreJob } from '../../src/protocol/messages.js';
import { describeShard } from '../../src/store/shard-id.js';
import { openStore } from '../../src/store/open-store.js';
import type { PermitRefusal } from '../../src/store/shared-store.js';
import type { TaskOptions } from '../task.js';

/** One for lines, which go one after the other, and some for permissions. */
const connections = 3;
/** What is on its way may be brought to its end, but where somebody else is the owner: there nothing of it is taken. */
const drainMs = 10_000;

/** Takes a shard over; from then on whoever worked on it before is refused. */
export async function openShardPlace(
  { job, stop }: TaskOptions,
  { shard }: ShardJob,
  { url, owner, permitTtlMs, patienceMs }: StoreJob,
) {
  const id = { run: job.runId, vault: job.vault.name, shard };
  const signal = stop.stopping;
  const name = `skyflow-supervise ${id.vault}.${id.shard}`;
  const store = await openStore(url, { name, connections, patienceMs, signal });
  try {
    const { journal, permits: shared } = await store.takeShard(id, {
      ...{ owner, signal },
      ttlMs: permitTtlMs,
      onRefused: (refusal) => {
        const reason = reasonFor(refusal, id.vault, describeShard(id));
        stop.stop(reason, refusal === 'fenced' ? 0 : drainMs);
      },
    });
    return { journal, pace: shared, turns: shared, release: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function reasonFor(refusal: PermitRefusal, vault: string, place: string): SuperviseError {
  switch (refusal) {
    case 'fenced':
      return new SuperviseError('fenced', `${place} has another owner`);
    case 'stop':
      return new SuperviseError('fenced', `vault ${vault}: the run was asked to stop`);
    case 'ended':
      return new SuperviseError('fenced', `vault ${vault} was ended elsewhere`);
    case 'too_many_errors':
      return limitPassed(vault, 'max_errors');
    case 'too_many_held':
      return limitPassed(vault, 'max_held');
    default:
      return refusal satisfies never;
  }
}
