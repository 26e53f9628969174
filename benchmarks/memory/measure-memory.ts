import { figure } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { join } from 'node:path';
import { loadAlone } from '../lone-child/load-alone.js';
import { type ScriptContext, type ScriptDefinition, markdownOption } from '../command-line/script.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { bytesOf, readSystemSync, SYSTEM_ROOTS } from '../../src/system/proc.js';
import { renderColumns } from '../measure/table.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as z from 'zod';
import { simulateJournal } from './simulate-journal.js';

/** What `bench:memory` takes on its command line. */
export const memoryScript: ScriptDefinition = {
  name: 'bench:memory',
  description:
    "Measures a child's resident memory over the time of loads of different sizes: it must not grow with the number of records.",
  lasts: 'about 5 minutes with loads of up to 5,000,000 records',
  options: [
    {
      name: '--records',
      placeholder: 'N,...',
      description: 'Records of each load, the smallest first (default: 200,000, 1,000,000 and 5,000,000).',
    },
    {
      name: '--journal',
      placeholder: 'N,...',
      description:
        'Instead: for each number of rows a simulated journal, its size, and what a resume takes to read it.',
    },
    markdownOption,
  ],
  run: measureMemory,
};

const sampleIntervalMs = 50;
const quarters = [0.25, 0.5, 0.75, 1];

/** `bench:memory`: the peak of each quarter of each load, and the whole peaks against that of the smallest load. */
async function measureMemory({ values, stop, progress, result }: ScriptContext): Promise<number> {
  const sizes = values.wholeNumbers('--records', 1_000, 100_000_000) ?? [200_000, 1_000_000, 5_000_000];
  const machine = machineFacts();
  const style = values.on('--markdown') ? 'markdown' : 'text';
  const journals = values.wholeNumbers('--journal', 1_000, 1_000_000_000);
  if (journals !== undefined) {
    result(await measureJournal(journals, style, progress));
    result(`Simulated: batches of 300, 32 in flight; ${describeMachine(machine)}`);
    return 0;
  }
  const rows: string[][] = [];
  let smallestPeakMb: number | undefined;
  await using sink = await startSink();
  for (const records of sizes) {
    await using workspace = await createCsvWorkspace(sink.vaultUrl, { records, stopping: stop.stopping });
    const samplesMb: number[] = [];
    let timer: NodeJS.Timeout | undefined;
    const { result: ended } = await loadAlone({
      ...workspace.alone('run'),
      batchSize: 300,
      workers: 32,
      stopping: stop.stopping,
      onStarted: (pid) => {
        timer = setInterval(() => samplesMb.push(residentMb(pid) ?? samplesMb.at(-1) ?? 0), sampleIntervalMs);
      },
    }).finally(() => clearInterval(timer));
    const peakMb = ended.snapshot.rss_bytes / 2 ** 20;
    smallestPeakMb ??= peakMb;
    const peaks = quarters.map((end) => {
      const part = samplesMb.slice((end - 0.25) * samplesMb.length, end * samplesMb.length);
      return part.length === 0 ? '' : Math.max(...part).toFixed(0);
    });
    rows.push([String(records), ...peaks, peakMb.toFixed(0), (peakMb / smallestPeakMb).toFixed(2)]);
    progress(`${formatCount(records)} records: peak ${peakMb.toFixed(0)} MB`);
  }
  const headings = ['Records', ...quarters.map((end) => `to ${end * 100} %`), 'Peak MB', '/ first'];
  result(renderColumns(headings.map(figure), rows, style));
  result(`Resident MB of the child, peaks of quarters of its time; ${describeMachine(machine)}`);
  return 0;
}

/** Resident megabytes of a process; undefined when it is gone, or where there is no /proc. */
function residentMb(pid: number): number | undefined {
  const bytes = bytesOf(readSystemSync(SYSTEM_ROOTS.proc, String(pid), 'status'), 'VmRSS');
  return bytes === undefined ? undefined : bytes / 2 ** 20;
}

const reopenedSchema = z.object({ cpuMs: z.number(), rssBytes: z.int(), settled: z.int(), inDoubt: z.int() });

/** For each number of rows a simulated journal: its size, and what a fresh process takes to read it. */
async function measureJournal(
  sizes: readonly number[],
  style: 'markdown' | 'text',
  progress: (line: string) => void,
): Promise<string> {
  const rows: string[][] = [];
  for (const size of sizes) {
    const folder = await mkdtemp(join(tmpdir(), 'journal-simulated-'));
    try {
      const { mostRanges } = await simulateJournal(folder, size);
      const reopened = await reopen(folder);
      const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
      rows.push([
        ...[String(size), mb(await journalBytes(folder)), String(mostRanges)],
        ...[(reopened.cpuMs / 1000).toFixed(1), mb(reopened.rssBytes), String(reopened.inDoubt)],
      ]);
      progress(`${formatCount(size)} rows: read again with ${(reopened.cpuMs / 1000).toFixed(1)} s of CPU`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const headings = ['Rows', 'Journal MB', 'Ranges', 'Read again, CPU s', 'Resident MB', 'Answer unknown'];
  return renderColumns(headings.map(figure), rows, style);
}

async function reopen(folder: string): Promise<z.infer<typeof reopenedSchema>> {
  const child = fork(join(import.meta.dirname, 'reopen-journal.js'), [folder]);
  const ended = once(child, 'exit');
  const [message] = (await once(child, 'message')) as [unknown];
  await ended;
  return reopenedSchema.parse(message);
}

async function journalBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => /^journal_.*\.log$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
