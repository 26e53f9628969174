import { setTimeout as sleep } from 'node:timers/promises';
import { runDirectoryAt } from '../../../src/run-record/run-directory.js';
import { detectTextStyle } from '../../../src/report/text-style.js';
import type { MonitorCommand } from './definition.js';
import { assertPageIsAllowed } from '../../command-line/page-option.js';
import type { OpenStoredRun } from '../../cluster/stored-run.js';
import { StopSignals } from '../../process/stop-signals.js';
import { viewKind } from '../../view/choose-view.js';
import { LiveRegion } from '../../view/live-region.js';
import { terminalSize } from '../../view/run-view.js';
import { listenForQuit } from './quit-keys.js';
import { renderSample, headOf } from './render-sample.js';
import { sampleDocument } from './sample-document.js';
import { Sampler, type Sample } from './sample.js';
import { chooseWatchedRun, readRun } from './watched-run.js';
import { adviceOn } from './what-comes-next.js';
import { asTyped, writeDocument, writeForPeople, writeUnbroken } from '../../view/write-for-people.js';
import { settingsOf } from '../../command-line/configured.js';
import { formatBytes, formatCount, formatPercent } from '../../../src/report/format-numbers.js';
import { renderMachines } from '../../view/render-machines.js';

/** Between two samples whose difference is a rate: `status.json` is replaced once a second. */
const comparisonMs = 1_100;
const liveMs = 1_000;
const linesMs = 5_000;

/**
 * `monitor [RUN]`: watches a run from outside, and touches nothing of it. In a terminal until `q` or the run's end,
 * elsewhere as lines until the run's end, or once. Exits with 0 whatever became of the run; 130 after Ctrl-C.
 */
export async function monitorCommand(command: MonitorCommand): Promise<number> {
  const settings = settingsOf(command);
  if (command.page !== undefined) {
    assertPageIsAllowed(settings.web);
    const watched = await chooseWatchedRun(settings.run_dir, command.run);
    return (await import('./serve-watched-run.js')).serveWatchedRun(watched, command.page);
  }
  await using stored = await (
    await import('../../cluster/stored-run.js')
  ).openStoredRun(settings, { named: command.run, command: 'monitor' });
  const sampler =
    stored === undefined
      ? new Sampler(await chooseWatchedRun(settings.run_dir, command.run))
      : await storedSampler(stored, settings.run_dir);
  const first = await sampler.sample();
  if (first.run.state !== 'active' || command.once) {
    if (first.run.state === 'active') await sleep(comparisonMs);
    await show(first.run.state === 'active' ? await sampler.sample() : first, command);
    return 0;
  }
  const kind = viewKind({
    stream: process.stdout,
    quiet: command.verbosity === 'quiet',
    verbose: command.verbosity === 'verbose',
    env: process.env,
  });
  return kind === 'tree' ? await watchLive(sampler, first) : await watchLines(sampler);
}

/** Of a run that other machines may work on. */
async function storedSampler(stored: OpenStoredRun, runsDirectory: string): Promise<Sampler> {
  const { storedStatus } = await import('../../cluster/stored-status.js');
  const directory = runDirectoryAt(runsDirectory, stored.runId);
  return new Sampler(directory, {
    read: async () => {
      const { status, isOver } = await storedStatus(stored);
      const state = isOver ? 'ended' : 'active';
      const { summary } = isOver ? await readRun(directory) : {};
      return { directory, state, status, summary, isElsewhere: true };
    },
  });
}

/** One sample, as a document or as text. */
async function show(sample: Sample, { json }: MonitorCommand): Promise<void> {
  const { stdout } = process;
  if (json) {
    writeDocument(sampleDocument(sample));
    return;
  }
  const style = detectTextStyle({ env: process.env, isTerminal: stdout.isTTY });
  const lines = renderSample(sample, { ...terminalSize(stdout), rows: Infinity, style, frame: 0 });
  // They are as wide as the terminal, and whole.
  writeUnbroken(asTyped(`${lines.join('\n')}\n`));
  const advice = await adviceOn(sample.run);
  if (advice.length > 0) writeForPeople(stdout, `${advice.join('\n')}\n`);
}

async function watchLive(sampler: Sampler, first: Sample): Promise<number> {
  const { stdout } = process;
  const style = detectTextStyle({ env: process.env, isTerminal: true });
  const region = new LiveRegion(stdout);
  const signals = new StopSignals();
  const quit = new AbortController();
  const keys = listenForQuit((by) => quit.abort(by));
  const over = AbortSignal.any([quit.signal, signals.stopping]);
  const isOver = (): boolean => over.aborted;
  let sample = first;
  let frame = 0;
  const lines = (footer?: string): string[] => {
    const { columns, rows } = terminalSize(stdout);
    return renderSample(sample, { columns, rows: rows - 1, style, frame, footer });
  };
  const redraw = (): void => region.draw(lines('q ends the watching; the run goes on.'));
  stdout.on('resize', redraw);
  region.open();
  try {
    redraw();
    while (!isOver() && sample.run.state === 'active') {
      await sleep(liveMs, undefined, { signal: over }).catch(() => undefined);
      if (isOver()) break;
      sample = await sampler.sample();
      frame += 1;
      redraw();
    }
  } finally {
    stdout.off('resize', redraw);
    region.close(lines());
    keys.close();
    signals.close();
  }
  for (const advice of await adviceOn(sample.run)) writeForPeople(stdout, `${advice}\n`);
  return signals.first !== undefined || quit.signal.reason === 'interrupt' ? 130 : 0;
}

async function watchLines(sampler: Sampler): Promise<number> {
  const signals = new StopSignals();
  const { stopping } = signals;
  try {
    for (;;) {
      const sample = await sampler.sample();
      const lines = renderSampleLines(sample, await adviceOn(sample.run), new Date());
      writeForPeople(process.stdout, `${lines.join('\n')}\n`);
      if (sample.run.state !== 'active') return 0;
      await sleep(linesMs, undefined, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) return 130;
    }
  } finally {
    signals.close();
  }
}

/** A sample as lines for a log, each with the time: the vaults, the machine, what limits the run. */
function renderSampleLines(sample: Sample, advice: readonly string[], now: Date): string[] {
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
  const end = run.state === 'active' ? [] : [headOf(sample), ...advice];
  const machines = renderMachines(run.status?.machines ?? []).map((line) => `[machine] ${line}`);
  return [...vaults, ...machines, ...(run.isElsewhere === true ? [] : [usage]), ...warnings, ...end].map(
    (line) => `${at} ${line}`,
  );
}
