import { join } from 'node:path';
import { figure, words } from '../../src/report/render-table.js';
import { type ScriptContext, type ScriptDefinition, markdownOption } from '../command-line/script.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { runMeasured } from '../measure/run-measured.js';
import { spreadOf } from '../measure/statistics.js';
import { renderSpread, renderColumns } from '../measure/table.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';

/** What `bench:start` takes on its command line. */
export const startScript: ScriptDefinition = {
  name: 'bench:start',
  description:
    'Measures the time from the start of skyflow-supervise with four vaults to their first requests.',
  lasts: 'about half a minute with 10 rounds',
  options: [{ name: '--rounds', placeholder: 'N', description: 'Starts (default: 10).' }, markdownOption],
  run: measureStart,
};

const program = join(import.meta.dirname, '../../supervisor/main.js');

/** `bench:start`: to the first request of any of four vaults, and of the last one. */
async function measureStart({ values, stop, progress, result }: ScriptContext): Promise<number> {
  const rounds = values.wholeNumber('--rounds', 1, 1_000) ?? 10;
  const machine = machineFacts();
  const firstMs: number[] = [];
  const lastMs: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await using sink = await startSink();
    await using workspace = await createCsvWorkspace(sink.vaultUrl, {
      vaultNames: ['NAME', 'ID', 'DOB', 'SSN'],
      records: 300,
      stopping: stop.stopping,
    });
    const startedMs = Date.now();
    const command = { cwd: workspace.path, environment: process.env, stop };
    const { status, stderr } = await runMeasured([program, '--all', '--json'], command);
    stop.stopping.throwIfAborted();
    if (status !== 0) throw new Error(`the load ended with ${status}: ${stderr}`);
    firstMs.push(Math.min(...sink.firstRequestsMs) - startedMs);
    lastMs.push(Math.max(...sink.firstRequestsMs) - startedMs);
    progress(`${round}/${rounds}  first ${firstMs.at(-1)} ms, all four ${lastMs.at(-1)} ms`);
  }
  const inMs = (durationsMs: readonly number[]) => renderSpread(spreadOf(durationsMs), (ms) => ms.toFixed(0));
  const columns = [words('From the start to'), figure('ms')] as const;
  const rows = [
    ['the first request of all', inMs(firstMs)],
    ['the first request of the last vault', inMs(lastMs)],
  ];
  result(renderColumns(columns, rows, values.on('--markdown') ? 'markdown' : 'text'));
  result(describeMachine(machine));
  return 0;
}
