import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { formatCount } from '../../src/report/format-numbers.js';
import { figure, words } from '../../src/report/render-table.js';
import { Store } from '../../src/store/postgres/store.js';
import { reapedCpuMs } from '../../src/system/proc.js';
import type { ScriptContext, ScriptDefinition } from '../command-line/script.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { runMeasured } from '../measure/run-measured.js';
import { startPostgres, whyNoPostgres } from '../measure/start-postgres.js';
import { renderColumns } from '../measure/table.js';
import { createCsvWorkspace, type CsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';
import { fixedLatency } from '../target/latency-profile.js';

/** What `bench:lanes` takes on its command line. */
export const lanesScript: ScriptDefinition = {
  name: 'bench:lanes',
  description:
    'Measures one vault loaded by 1, 2 and 4 workers over a store, and by 1, 2 and 4 lanes without one, into a sink of fixed latency; ' +
    'then by 1 and 2 lanes into a sink that answers at once.',
  lasts: 'about 8 minutes with 60 seconds for each load',
  options: [
    {
      name: '--seconds',
      placeholder: 'N',
      description: 'How long each load takes in theory (default: 60).',
    },
    {
      name: '--records',
      placeholder: 'N',
      description: 'Records of each lane where the sink answers at once (default: 500,000).',
    },
    { name: '--markdown', description: 'Print the tables in Markdown.' },
  ],
  run: measureLanes,
};

const program = join(import.meta.dirname, '../../supervisor/main.js');
const latencyMs = 200;
const concurrency = 4;
const batchSize = 25;
/** Of one lane that does nothing but wait for answers. */
const recordsPerSecond = (concurrency * batchSize * 1000) / latencyMs;

interface Load {
  readonly records: number;
  readonly lanes: number;
  /** URL of the store, whose workers are processes of their own; absent: lanes of this machine. */
  readonly store?: string | undefined;
  readonly latencyMs: number;
  readonly performance: object;
}

/** `bench:lanes`: from the first request to the last line of a journal. */
async function measureLanes({ values, stop, progress, result }: ScriptContext): Promise<number> {
  const seconds = values.wholeNumber('--seconds', 1, 3_600) ?? 60;
  const perLane = values.wholeNumber('--records', 1_000, 100_000_000) ?? 500_000;
  const style = values.on('--markdown') ? 'markdown' : 'text';
  const rows: string[][] = [];
  for (const isStore of [true, false]) {
    for (const lanes of [1, 2, 4]) {
      if (isStore && whyNoPostgres !== undefined) continue;
      using postgres = isStore ? await startPostgres() : undefined;
      const { perSecond } = await measure(
        {
          ...{
            lanes,
            latencyMs,
            store: postgres?.url,
            records: Math.round(seconds * recordsPerSecond * lanes),
          },
          performance: { batch_size: batchSize, max_concurrency: concurrency },
        },
        stop,
      );
      const share = `${((100 * perSecond) / (recordsPerSecond * lanes)).toFixed(1)} %`;
      const who = `${lanes} ${isStore ? 'workers over a store' : 'lanes'}`;
      progress(`${who}: ${formatCount(Math.round(perSecond))} records/s, ${share} of theory`);
      rows.push([who, formatCount(Math.round(perSecond)), share]);
    }
  }
  result(renderColumns([words('Who'), figure('records/s'), figure('of theory')], rows, style));
  const cores = availableParallelism();
  const bound: string[][] = [];
  let one = 0;
  for (const lanes of [1, 2]) {
    const { perSecond, cpuMsPerRecord = 0 } = await measure(
      { lanes, latencyMs: 0, records: perLane * lanes, performance: { batch_size: 300, max_concurrency: 8 } },
      stop,
    );
    one ||= perSecond;
    const share = `${((100 * perSecond * cpuMsPerRecord) / 1000 / cores).toFixed(1)} %`;
    progress(`${lanes} lanes, nothing to wait for: ${formatCount(Math.round(perSecond))} records/s`);
    bound.push([String(lanes), formatCount(Math.round(perSecond)), (perSecond / one).toFixed(2), share]);
  }
  const columns = [
    words('Lanes'),
    figure('records/s'),
    figure('times one'),
    figure('of all cores, sink included'),
  ];
  result(renderColumns(columns, bound, style));
  result(describeMachine(machineFacts()));
  return 0;
}

async function measure(
  load: Load,
  stop: ScriptContext['stop'],
): Promise<{ perSecond: number; cpuMsPerRecord: number | undefined }> {
  const cpuBeforeMs = reapedCpuMs();
  let perSecond: number;
  {
    await using sink = await startSink(fixedLatency(load.latencyMs));
    await using workspace = await createCsvWorkspace(sink.vaultUrl, {
      records: load.records,
      stopping: stop.stopping,
    });
    await configure(workspace, load);
    const environment = {
      ...process.env,
      XDG_STATE_HOME: join(workspace.path, 'state'),
      ...(load.store === undefined ? {} : { SKYFLOW_STORE: load.store }),
    };
    const command = { cwd: workspace.path, environment, stop };
    const run = async (...argv: string[]): Promise<void> => {
      const { status, stderr } = await runMeasured([program, ...argv], command);
      stop.stopping.throwIfAborted();
      if (status !== 0) throw new Error(`${argv[0] ?? ''} ended with ${status}: ${stderr}`);
    };
    if (load.store !== undefined) await run('store', 'init');
    const workers = Array.from({ length: load.store === undefined ? 0 : load.lanes }, (_, number) =>
      spawn(process.execPath, [program, 'work', '--lanes', '1', '--quiet'], {
        cwd: workspace.path,
        env: { ...environment, XDG_STATE_HOME: join(workspace.path, `state-${number}`) },
        stdio: 'ignore',
      }),
    );
    try {
      await run('load', '--all', '--json', '--lanes', String(load.store === undefined ? load.lanes : 0));
    } finally {
      for (const worker of workers) worker.kill('SIGTERM');
      await Promise.all(
        workers.filter(({ exitCode }) => exitCode === null).map((worker) => once(worker, 'exit')),
      );
    }
    const endMs = load.store === undefined ? await lastJournalMs(workspace) : await lastLineMs(load.store);
    perSecond = (1000 * load.records) / (endMs - Math.min(...sink.firstRequestsMs));
  }
  const cpuAfterMs = reapedCpuMs();
  const cpuMs = cpuBeforeMs === undefined || cpuAfterMs === undefined ? undefined : cpuAfterMs - cpuBeforeMs;
  return { perSecond, cpuMsPerRecord: cpuMs === undefined ? undefined : cpuMs / load.records };
}

async function configure({ path }: CsvWorkspace, { records, lanes, performance }: Load): Promise<void> {
  const file = join(path, 'config.json');
  const configuration = z
    .looseObject({ performance: z.looseObject({}) })
    .parse(JSON.parse(await readFile(file, 'utf8')));
  const changed = {
    ...configuration,
    performance: { ...configuration.performance, ...performance },
    store: { shard_rows: Math.ceil(records / lanes) },
  };
  await writeFile(file, JSON.stringify(changed), { mode: 0o600 });
}

/** When the last line of the journals was written. */
async function lastJournalMs({ path }: CsvWorkspace): Promise<number> {
  const runs = join(path, 'runs');
  const names = await readdir(runs, { recursive: true });
  const journals = names.filter((name) => /journal_[^/]*\.log$/.test(name));
  const times = await Promise.all(journals.map(async (name) => (await stat(join(runs, name))).mtimeMs));
  return Math.max(...times);
}

/** The same of a store. */
async function lastLineMs(url: string): Promise<number> {
  const store = await Store.open(url, { name: 'bench:lanes', connections: 1 });
  try {
    const [found] = await store.ask(z.object({ at: z.number() }), {
      text: `SELECT (extract(epoch FROM max(updated_at)) * 1000)::float8 AS at FROM skyflow_supervise.shard`,
    });
    return found?.at ?? NaN;
  } finally {
    await store.close();
  }
}
