import { formatCount, formatDuration } from '../../src/report/format-numbers.js';
import type { MachineState } from '../../src/store/machine-state.js';

/** Longer than a machine that works takes to be heard of. */
const silentMs = 15_000;
const mostNamed = 4;

/** One line for each machine that works on a run: on what, how fast, when it was heard of last. */
export function renderMachines(machines: readonly MachineState[]): string[] {
  return machines.map((machine) => `${machine.worker}: ${describe(machine)}`);
}

function describe(machine: MachineState): string {
  const { lanes, silent_ms: silent, working_on: parts, shards, rows } = machine;
  const done = `${formatCount(rows)} rows of ${formatCount(shards)} ${shards === 1 ? 'part' : 'parts'}`;
  if (silent === null || lanes === null) return `gone, ${done}`;
  const named = parts.slice(0, mostNamed).map(({ vault, shard }) => `${vault} ${shard}`);
  const more = parts.length > mostNamed ? ` and ${parts.length - mostNamed} more` : '';
  const work = parts.length === 0 ? 'nothing at present' : `${named.join(', ')}${more}`;
  const rates = `${formatCount(machine.records_per_second)} rec/s, ${formatCount(machine.requests_per_second)} req/s`;
  const seen = silent > silentMs ? `, not heard of for ${formatDuration(silent)}` : '';
  return `works on ${work}, ${rates}; ${done}${seen}`;
}
