import { setTimeout as sleep } from 'node:timers/promises';
import { readRunRecord } from '../../../src/run-record/run-record.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import type { PageWish } from '../../command-line/page-option.js';
import { asPasted, describeEnd, rowsOfRun } from '../../page/page-rows.js';
import type { PageState } from '../../page/page-update.js';
import type { PageSource } from '../../page/page-updates.js';
import { servePage } from '../../page/serve-page.js';
import { TimelineTail } from '../../page/timeline-tail.js';
import { StopSignals } from '../../process/stop-signals.js';
import { Sampling } from '../../timeline/timeline-sample.js';
import { renderMachines } from '../../view/render-machines.js';
import { writeForPeople } from '../../view/write-for-people.js';
import { listenForQuit } from './quit-keys.js';
import { vaultStates } from './vault-states.js';
import { readRun } from './watched-run.js';
import { whatComesNext } from './what-comes-next.js';

const lookMs = 1_000;

/**
 * `monitor --web`: the page of a run that another process works on, from what stands in its directory. Of a run that goes
 * on until its end, of one that is at its end until somebody ends the watching. Exits as `monitor` does.
 */
export async function serveWatchedRun(directory: RunDirectory, { port }: PageWish): Promise<number> {
  const server = await servePage(port, watched(directory));
  writeForPeople(process.stdout, `page: ${server.url}\nq or Ctrl-C ends the watching; the run goes on.\n`);
  const signals = new StopSignals();
  const quit = new AbortController();
  const keys = listenForQuit((by) => quit.abort(by));
  const over = AbortSignal.any([quit.signal, signals.stopping]);
  try {
    const wasActive = (await readRun(directory)).state === 'active';
    while (!over.aborted) {
      await sleep(lookMs, undefined, { signal: over }).catch(() => undefined);
      if (wasActive && (await readRun(directory)).state !== 'active') break;
    }
  } finally {
    await server.close();
    keys.close();
    signals.close();
  }
  return signals.first !== undefined || quit.signal.reason === 'interrupt' ? 130 : 0;
}

/** The run as its directory has it. */
function watched(directory: RunDirectory): PageSource {
  const tail = new TimelineTail(directory.timelineFile);
  const sampling = new Sampling(1);
  return {
    history: (known) => tail.since(known),
    read: async () => {
      const run = await readRun(directory);
      const record = await readRunRecord(directory, { edited: true }).catch(() => undefined);
      const last = record?.sessions.at(-1);
      const vaults = vaultStates(run);
      return {
        state: {
          run_id: directory.runId,
          began_at: last?.started_at ?? new Date().toISOString(),
          ended: await endOf(run, last?.finished_at),
          ...rowsOfRun(vaults, 0),
          machines: renderMachines(run.status?.machines ?? []),
          notices: [],
        },
        now: sampling.sample(vaults, new Date(), run.status?.machines),
      };
    },
  };
}

async function endOf(
  run: Awaited<ReturnType<typeof readRun>>,
  at: string | undefined,
): Promise<PageState['ended']> {
  if (run.state === 'active') return null;
  const ended = at ?? run.status?.updated_at;
  const end = describeEnd(
    run.summary ?? 'Nobody works on this run any more: its command was killed.',
    ended === undefined ? new Date() : new Date(ended),
  );
  // Made here: what a file says is not offered for pasting.
  const command = await whatComesNext(run);
  return { ...end, next: command === undefined ? undefined : asPasted({ label: 'Next:', command }) };
}
