import { figure } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { join } from 'node:path';
import { loadAlone } from '../lone-child/load-alone.js';
import type { ScriptContext, ScriptDefinition } from '../command-line/script.js';
import { markdownOption } from '../command-line/usual-options.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { bytesOf, readSystemSync, SYSTEM_ROOTS } from '../../src/system/proc.js';
import { renderColumns } from '../measure/table.js';
import { measureJournal } from './measure-journal.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';

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
    await using workspace = await createCsvWorkspace({
      vaultUrl: sink.vaultUrl,
      records,
      stopping: stop.stopping,
    });
    const samplesMb: number[] = [];
    let timer: NodeJS.Timeout | undefined;
    const { result: ended } = await loadAlone({
      vaultUrl: sink.vaultUrl,
      dataDirectory: workspace.dataDirectory,
      runDirectory: join(workspace.path, 'run'),
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
