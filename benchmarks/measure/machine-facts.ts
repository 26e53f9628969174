import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { productVersion } from '../../src/product/product.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));

export const machineFactsSchema = z.object({
  measured_at: z.string(),
  cpu: z.string(),
  cores: z.int(),
  memory_gib: z.number(),
  system: z.string(),
  node: z.string(),
  program_version: z.string(),
  /** With `+` behind it when the checkout has changes; null outside a checkout. */
  commit: z.string().nullable(),
  /** Processes that wanted a core in the minute before: above 1 or so, the figures are of a busy machine. */
  load_average: z.number(),
});

/** What must be known of a machine to compare figures. */
export type MeasuredOn = z.infer<typeof machineFactsSchema>;

/** The facts of this machine, now. */
export function machineFacts(): MeasuredOn {
  const processors = cpus();
  return {
    measured_at: new Date().toISOString(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gib: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.versions.node,
    program_version: productVersion,
    commit: commitOfCheckout(),
    load_average: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** One line for people. */
export function describeMachine(facts: MeasuredOn): string {
  const { cpu, cores, memory_gib, node, commit, measured_at, load_average } = facts;
  const built = commit === null ? '' : `, commit ${commit}`;
  return `${measured_at.slice(0, 10)}; ${cores} x ${cpu}, ${memory_gib} GiB; Node ${node}${built}; load average ${load_average}`;
}

function commitOfCheckout(): string | null {
  try {
    const head = git('rev-parse', '--short=10', 'HEAD');
    return git('status', '--porcelain', '--untracked-files=no') === '' ? head : `${head}+`;
  } catch {
    return null;
  }
}

function git(...words: readonly string[]): string {
  return execFileSync('git', words, {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
