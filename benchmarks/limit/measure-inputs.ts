import { figure, words } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { join } from 'node:path';
import type { ScriptContext } from '../command-line/script.js';
import { loadAlone } from '../lone-child/load-alone.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { spreadOf } from '../measure/statistics.js';
import { renderSpread, renderColumns } from '../measure/table.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';
import { makeInputs } from './make-inputs.js';

/** How much is measured. */
export interface LimitSizes {
  readonly records: number;
  readonly rounds: number;
  readonly batchSize: number;
  readonly workers: number;
}

interface Cost {
  readonly cpuUs: number;
  readonly peakMb: number;
}

/** `bench:limit --inputs`: the same records out of every form of file, and each round's ratios to the CSV pair. */
export async function measureInputs(
  { values, stop, progress, result }: ScriptContext,
  { records, rounds, batchSize, workers }: LimitSizes,
): Promise<number> {
  const machine = machineFacts();
  await using sink = await startSink();
  await using workspace = await createCsvWorkspace({
    vaultUrl: sink.vaultUrl,
    records,
    stopping: stop.stopping,
  });
  const inputs = await makeInputs(workspace.dataDirectory, records);
  const costs = new Map(inputs.map(({ name }) => [name, [] as Cost[]]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [at, { name, files }] of inputs.entries()) {
      const { result: ended } = await loadAlone({
        vaultUrl: sink.vaultUrl,
        dataDirectory: workspace.dataDirectory,
        files,
        runDirectory: join(workspace.path, `run-${round}-${at}`),
        batchSize,
        workers,
        stopping: stop.stopping,
      });
      const { uploaded, cpu_ms: cpuMs, rss_bytes: peakBytes } = ended.snapshot;
      if (uploaded !== records) throw new Error(`${name}: uploaded ${uploaded} of ${records}`);
      const cpuUs = (cpuMs * 1_000) / records;
      costs.get(name)?.push({ cpuUs, peakMb: peakBytes / 2 ** 20 });
      progress(`${round}/${rounds}  ${name.padEnd(24)}  ${cpuUs.toFixed(2)} us/record`);
    }
  }
  const [first] = inputs;
  const usual = costs.get(first?.name ?? '') ?? [];
  const figures = inputs.map(({ name }) => {
    const own = costs.get(name) ?? [];
    const more = own.map(({ cpuUs }, round) => cpuUs - (usual[round]?.cpuUs ?? Number.NaN));
    return [
      name,
      renderSpread(spreadOf(own.map(({ cpuUs }) => cpuUs)), (us) => us.toFixed(2)),
      renderSpread(spreadOf(more), (us) => us.toFixed(2)),
      Math.max(...own.map(({ peakMb }) => peakMb)).toFixed(0),
    ];
  });
  const columns = [words('Input'), ...['CPU us/record', 'more than CSV', 'Peak MB'].map(figure)] as const;
  result(renderColumns(columns, figures, values.on('--markdown') ? 'markdown' : 'text'));
  result(`${formatCount(records)} records, ${workers} workers x ${batchSize}; ${describeMachine(machine)}`);
  return 0;
}
