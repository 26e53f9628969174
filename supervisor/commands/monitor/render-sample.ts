import { formatBytes, formatCount } from '../../../src/report/format-numbers.js';
import { figure, renderTable, words } from '../../../src/report/render-table.js';
import { cutToWidth, displayWidth, wrapWords } from '../../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import { fitHeight, type VaultBlock } from '../../view/fit-height.js';
import { renderMachines } from '../../view/render-machines.js';
import { renderTotalLine } from '../../view/render-total-line.js';
import { renderVaultLines, renderRemarks, type VaultRow } from '../../view/render-vault-line.js';
import type { InstanceFacts } from './instance-facts.js';
import type { Limit } from './find-limits.js';
import type { MachineLoad, ProcessLoad } from './machine-load.js';
import type { Sample } from './sample.js';

export interface SampleLayout {
  readonly columns: number;
  /** At most so many lines; Infinity where nothing is redrawn. */
  readonly rows: number;
  readonly style: TextStyle;
  /** Counts redraws. */
  readonly frame: number;
  /** The last line: what a person can do. */
  readonly footer?: string | undefined;
}

/** Least lines of the tree, however low the terminal. */
const leastTree = 3;
/** Fewer lines than this of what does not fit tell nothing. */
const leastOfBlock = 4;

/**
 * A sample as whole lines, each at most `columns` wide: all vaults first, what limits them, then the machine and its
 * processes, as far as there is room.
 */
export function renderSample(sample: Sample, layout: SampleLayout): string[] {
  const { columns, rows, style, footer } = layout;
  const { ellipsis } = symbolsOf(style);
  const head = wrapWords(headOf(sample), columns);
  const last = footer === undefined ? [] : [paint(style, 'dim', footer)];
  const room = rows - head.length - last.length;
  const limits = [
    ...groupLimits(sample.limits).flatMap((limit) => renderLimit(limit, columns, style)),
    ...renderMachines(sample.run.status?.machines ?? []).map((line) => `  ${line}`),
  ];
  const tree = renderTree(sample, layout, room, limits.length);
  const machine = isHere(sample)
    ? [...renderMachine(sample.machine), ...(sample.instance ? [renderInstance(sample.instance)] : [])]
    : [];
  const processes = sample.processes.length === 0 ? [] : renderProcesses(sample.processes, style);
  const below = fitBelow([limits, machine, processes], room - tree.length, ellipsis);
  return [...head, ...tree, ...below, ...last]
    .map((line) => (displayWidth(line) > columns ? cutToWidth(line, columns, ellipsis) : line))
    .slice(0, rows);
}

/** Blocks under each other, all but the first after an empty line. Of the one that does not fit its first lines are shown. */
function fitBelow(blocks: readonly (readonly string[])[], room: number, ellipsis: string): string[] {
  const lines: string[] = [];
  for (const [at, block] of blocks.entries()) {
    if (block.length === 0) continue;
    const spaced = at === 0 ? block : ['', ...block];
    const left = room - lines.length;
    if (spaced.length > left) {
      const hidden = spaced.length - left + 1;
      const cut = [
        ...spaced.slice(0, left - 1),
        `${ellipsis} ${formatCount(hidden)} more lines in a higher window`,
      ];
      return left < leastOfBlock ? lines : [...lines, ...cut];
    }
    lines.push(...spaced);
  }
  return lines;
}

/** Whether this machine has a part in it, as far as can be seen from here. */
const isHere = ({ run }: Sample): boolean => run.state === 'active' && run.isElsewhere !== true;

/** Which run, and what became of it. */
export function headOf({ run, processes }: Sample): string {
  const { runId } = run.directory;
  switch (run.state) {
    case 'active': {
      const supervisor = processes.find(({ vault }) => vault === undefined);
      return `Run ${runId}${supervisor === undefined ? '' : `, process ${supervisor.pid}`}`;
    }
    case 'ended': {
      if (run.summary === undefined) return `Run ${runId} is finished.`;
      const { status, exit_code: exitCode, resume_command: resume, load_command: load } = run.summary;
      const verb = (resume ?? load) === undefined ? 'is finished' : 'has stopped';
      return `Run ${runId} ${verb}: ${status.replaceAll('_', ' ')} (exit status ${exitCode}).`;
    }
    case 'abandoned':
      return `Run ${runId}: nobody works on it any more; it was killed.`;
    default:
      return run.state satisfies never;
  }
}

/** At most `room` lines; of them the vaults take what they need, and leave `wanted` others before what is said under each. */
function renderTree({ run }: Sample, sampleLayout: SampleLayout, room: number, wanted: number): string[] {
  // Waits are on the clock of the process that waits, and are not in its status.
  const layout = { ...sampleLayout, nowMs: 0 };
  const { style } = layout;
  const vaults = (run.status?.vaults ?? []).map(({ name, ...state }): VaultRow => ({
    name,
    state: run.state === 'active' ? state : atRest(state),
  }));
  const lines = renderVaultLines(vaults, layout);
  const blocks = vaults.map(({ state }, at): VaultBlock => ({
    line: lines[at] ?? '',
    message: renderRemarks(state, { ...layout, isLimitSaid: true }),
    isFinished: state.phase === 'finished',
  }));
  const total =
    vaults.length > 1
      ? [
          renderTotalLine(
            vaults.map(({ state }) => state),
            layout,
          ),
        ]
      : [];
  const least = Math.max(leastTree, vaults.length, room - wanted - total.length);
  const fitting = fitHeight(
    blocks,
    Math.min(least, Math.max(1, room - total.length)),
    (hidden) => `${symbolsOf(style).ellipsis} ${formatCount(hidden)} more vaults`,
  );
  return [...fitting, ...total];
}

/** Nobody works on it any more, whatever was written last. */
function atRest(state: VaultRow['state']): VaultRow['state'] {
  return state.phase === 'finished' ? state : { ...state, phase: 'finished', status: 'incomplete' };
}

/** What several vaults have in common is said once. */
function groupLimits(limits: readonly Limit[]): Limit[] {
  const groups = new Map<string, Limit>();
  for (const limit of limits) {
    const key = `${limit.level} ${limit.vault === undefined} ${limit.text}`;
    const before = groups.get(key);
    const vault = before === undefined ? limit.vault : `${before.vault ?? ''}, ${limit.vault ?? ''}`;
    groups.set(key, { ...limit, vault });
  }
  return [...groups.values()];
}

function renderLimit({ level, vault, text }: Limit, columns: number, style: TextStyle): string[] {
  const { warn, dot } = symbolsOf(style);
  const sign = level === 'warn' ? warn : dot;
  const words = wrapWords(`${vault === undefined ? '' : `${vault}: `}${text}`, Math.max(20, columns - 2));
  const tone = level === 'warn' ? 'warn' : 'dim';
  return words.map((line, at) => paint(style, tone, `${at === 0 ? sign : ' '} ${line}`));
}

function renderMachine({ memory, networkPerSecond, diskPerSecond, disk, ...cpu }: MachineLoad): string[] {
  const usedBytes = memory.totalBytes - memory.availableBytes;
  const rate = (bytes: number): string => `${formatBytes(bytes)}/s`;
  const busiest = cpu.busiestCoreShare === undefined ? '' : `, busiest ${percentOf(cpu.busiestCoreShare)}`;
  const free = disk === undefined ? '' : `${formatBytes(disk.freeBytes)} free`;
  const io =
    diskPerSecond === undefined
      ? ''
      : `, read ${rate(diskPerSecond.readBytes)}, written ${rate(diskPerSecond.writtenBytes)}`;
  return [
    `  CPU      ${percentOf(cpu.cpuShare)} of ${cpu.cores} cores${busiest}`,
    `  Memory   ${formatBytes(usedBytes)} of ${formatBytes(memory.totalBytes)} in use`,
    ...(networkPerSecond === undefined
      ? []
      : [`  Network  in ${rate(networkPerSecond.receivedBytes)}, out ${rate(networkPerSecond.sentBytes)}`]),
    ...(disk === undefined ? [] : [`  Disk     ${free}${io}`]),
  ];
}

function renderInstance(instance: InstanceFacts): string {
  const { instance_type: type, availability_zone: zone, network_mbps: mbps } = instance;
  const parts = [
    type ?? 'unknown type',
    zone ?? 'unknown zone',
    instance.architecture,
    `${instance.cores} cores`,
    formatBytes(instance.memory_bytes),
    ...(mbps === null ? [] : [`${mbps} Mbit/s`]),
    instance.ena ? 'ENA' : 'no ENA',
  ];
  return `  EC2      ${parts.join(', ')}`;
}

function renderProcesses(processes: readonly ProcessLoad[], style: TextStyle): string[] {
  const figures = ['PID', 'CPU', 'Memory', 'Threads', 'Connections', 'Files'].map(figure);
  const rows = processes.map((process) => [
    process.vault ?? 'supervisor',
    String(process.pid),
    percentOf(process.cpuShare),
    formatBytes(process.rssBytes),
    String(process.threads),
    String(process.connections ?? '-'),
    String(process.openFiles ?? '-'),
  ]);
  return renderTable({ columns: [words('Process'), ...figures], rows, isBare: true }, style);
}

function percentOf(share: number | undefined): string {
  return share === undefined ? '-' : `${Math.round(share * 100)}%`;
}
