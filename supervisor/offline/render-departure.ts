import { relative } from 'node:path';
import { shellWord } from '../command-line/shell-word.js';

export interface Departure {
  readonly runId: string;
  readonly runDirectory: string;
  readonly pid: number | undefined;
  readonly logFile: string;
  readonly commandFlags: readonly string[];
}

/** What a person needs who leaves a run alone: where it is, how to follow, stop and resume it. */
export function renderDeparture(departure: Departure): string {
  const { runId, runDirectory, pid, commandFlags } = departure;
  const command = (...words: string[]): string => words.map(shellWord).join(' ');
  return [
    `Run ${runId} goes on in the background (process ${pid ?? 'unknown'}).`,
    `  follow:  ${command('tail', '-f', near(departure.logFile))}`,
    `  watch:   ${command('skyflow-supervise', 'monitor', near(runDirectory))}`,
    `  stop:    ${command('skyflow-supervise', 'stop', near(runDirectory))}`,
    `  resume:  ${command('skyflow-supervise', 'resume', near(runDirectory), ...commandFlags)}`,
    '',
  ].join('\n');
}

/** A path as it is shortest from here, where that stays inside this directory. */
function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}
