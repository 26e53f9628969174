import { formatBytes, formatCount } from '../../../src/report/format-numbers.js';
import type { Finding } from '../../../src/source/finding.js';
import type { SourceKind } from '../../../src/source/source-kind.js';
import type { MachineFacts } from './machine-facts.js';

/** The load that the machine is to carry. */
export interface IntendedWork {
  /** Children at the same time. */
  readonly children: number;
  /** Connections of each. */
  readonly concurrency: number;
  readonly batchSize: number;
  /** What a child takes: without a record, and usually at most. */
  readonly childBytes: SourceKind['childBytes'];
}

const mebibyte = 2 ** 20;
const supervisorBytes = 100 * mebibyte;
/** A record on its way: value, token, payload and answer. */
const recordBytes = 1_000;
/** Journal, logs, inputs, IPC, and what Node keeps open itself. */
const ownFiles = 64;
const filesPerChild = 6;

const unknown = (subject: string): Finding => ({
  status: 'not_checked',
  subject,
  message: 'not checked: this system does not say',
});

/** The machine's limits against a load. Pure. */
export function judgeMachine(facts: MachineFacts, work: IntendedWork): Finding[] {
  return [judgeFiles(facts, work), judgeMemory(facts, work), judgeSwap(facts), judgeCores(facts)];
}

function judgeFiles({ openFiles }: MachineFacts, { children, concurrency }: IntendedWork): Finding {
  const subject = 'open files';
  if (openFiles === undefined) return unknown(subject);
  const needed = Math.max(concurrency + ownFiles, children * filesPerChild + ownFiles);
  const allowed = openFiles === Infinity ? 'no limit' : `${formatCount(openFiles)} a process`;
  const message = `${allowed}; a child with ${concurrency} connections needs about ${formatCount(needed)}`;
  if (openFiles >= needed) return { status: 'good', subject, message };
  return {
    status: 'bad',
    subject,
    message,
    hint: 'Raise the limit (ulimit -n, LimitNOFILE), or lower --concurrency.',
  };
}

function judgeMemory({ memory }: MachineFacts, work: IntendedWork): Finding {
  const subject = 'memory';
  if (memory === undefined) return unknown(subject);
  const { children, concurrency, batchSize, childBytes } = work;
  const least = supervisorBytes + children * childBytes.empty;
  const usual = supervisorBytes + children * (childBytes.usual + concurrency * batchSize * recordBytes);
  const where = memory.bound === 'cgroup' ? ' in this control group' : '';
  const processes = `${children} child${children === 1 ? '' : 'ren'} may take ${formatBytes(usual)}`;
  const message = `${formatBytes(memory.freeBytes)} free${where}; ${processes}`;
  if (memory.freeBytes >= usual) return { status: 'good', subject, message };
  return {
    status: memory.freeBytes < least ? 'bad' : 'warn',
    subject,
    message,
    hint: 'Load fewer vaults at a time (--max-parallel-vaults), then lower --concurrency and --batch-size.',
  };
}

function judgeSwap({ swapBytes }: MachineFacts): Finding {
  const subject = 'swap';
  if (swapBytes === undefined) return unknown(subject);
  if (swapBytes === 0) return { status: 'good', subject, message: 'off' };
  return {
    status: 'warn',
    subject,
    message: `on (${formatBytes(swapBytes)}): records in memory may come to rest on disk`,
    hint: 'Switch it off (swapoff -a), or encrypt it.',
  };
}

function judgeCores({ coreBytes, corePattern }: MachineFacts): Finding {
  const subject = 'core dumps';
  if (coreBytes === undefined) return unknown(subject);
  if (corePattern?.startsWith('|') === true) {
    const program = corePattern.slice(1).trim().split(/\s/)[0]?.split('/').at(-1) ?? '';
    return {
      status: 'warn',
      subject,
      message: `handed to ${program}, which the limit of a process does not stop`,
      hint: 'Have it keep none (systemd: Storage=none in coredump.conf), or change kernel.core_pattern.',
    };
  }
  if (coreBytes === 0) return { status: 'good', subject, message: 'off' };
  return {
    status: 'warn',
    subject,
    message: 'on for the supervisor, which holds secrets; children switch them off themselves',
    hint: 'Run ulimit -c 0 before (systemd: LimitCORE=0).',
  };
}
