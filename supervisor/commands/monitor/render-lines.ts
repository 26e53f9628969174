import { formatBytes, formatCount, formatPercent } from '../../../src/report/format-numbers.js';
import type { Sample } from './sample.js';
import { renderMachines } from '../../view/render-machines.js';
import { adviceOf, headOf } from './render-sample.js';

/** A sample as lines for a log, each with the time: the vaults, the machine, what limits the run. */
export function renderSampleLines(sample: Sample, now: Date): string[] {
  const { run, machine, processes, limits } = sample;
  const at = `${now.toISOString().slice(0, 19)}Z`;
  const vaults = (run.status?.vaults ?? []).map(({ name, phase, status, snapshot }) => {
    if (snapshot === undefined) return `[${name}] ${status ?? phase}`;
    const { read, rows_total: rowsTotal, uploaded, failed } = snapshot;
    const share = rowsTotal === null ? '' : ` (${formatPercent(read, rowsTotal)})`;
    return (
      `[${name}] ${status ?? phase}${share}: ${formatCount(uploaded)} uploaded, ${formatCount(failed)} failed, ` +
      `${formatCount(snapshot.records_per_second)} rec/s, ${snapshot.in_flight} in flight`
    );
  });
  const cpu = machine.cpuShare === undefined ? '' : `CPU ${Math.round(machine.cpuShare * 100)}%, `;
  const rssBytes = processes.reduce((sum, process) => sum + process.rssBytes, 0);
  const usage =
    `[machine] ${cpu}${formatBytes(machine.memory.availableBytes)} memory free, ` +
    `${processes.length} processes of the run use ${formatBytes(rssBytes)}`;
  const warnings = limits
    .filter(({ level }) => level === 'warn')
    .map(({ vault, text }) => `[warning] ${vault === undefined ? '' : `${vault}: `}${text}`);
  const end = run.state === 'active' ? [] : [headOf(sample), adviceOf(sample) ?? []].flat();
  const machines = renderMachines(run.status?.machines ?? []).map((line) => `[machine] ${line}`);
  return [...vaults, ...machines, ...(run.isElsewhere === true ? [] : [usage]), ...warnings, ...end].map(
    (line) => `${at} ${line}`,
  );
}
