import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { readRunRecord } from '../../src/run-record/run-record.js';
import type { ProgramEnd } from '../support/program.js';
import type { TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import type { Workspace } from '../support/workspace.js';
import { vaults } from '../support/workspace.js';
import { valueMark, type ChaosPlan } from './draw-plan.js';

export const { id, column } = vaults.NAME;

/** While the inputs hold something else, a resume is refused, and nothing is sent. */
export async function checkMoved(end: ProgramEnd, before: number, sandbox: TestSandbox): Promise<string[]> {
  await becomesQuiet(sandbox);
  const count = await sandbox.count(id, column);
  return [3, 130, 143].includes(end.status ?? -1) && count === before
    ? []
    : [
        `moved inputs: exit status ${end.status ?? 'none'}, ${count - before} sent: ${end.stdout}${end.stderr}`,
      ];
}

/** From now on the sandbox answers as a vault does; what it holds, dislikes and limits stays. */
export async function calm(sandbox: TestSandbox, { faults }: ChaosPlan): Promise<void> {
  const chances = Object.entries(faults).filter(
    ([, fault]) => typeof fault === 'object' && fault !== null && 'rate' in fault,
  );
  await sandbox.set(Object.fromEntries(chances.map(([name]) => [name, { rate: 0, next: 0 }])));
}

/** A signal that comes when everything is written and on the disk hits nothing but the process. */
export async function hadEnded(workspace: Workspace): Promise<boolean> {
  const [run] = await workspace.runs();
  if (run === undefined) return false;
  const record = await readRunRecord(runDirectoryAt(dirname(run), basename(run))).catch(() => undefined);
  return [0, 1].includes(record?.sessions.at(-1)?.exit_code ?? -1);
}

/** Nothing is under way in the sandbox, and nothing will be committed any more. */
export async function becomesQuiet(sandbox: TestSandbox): Promise<void> {
  await waitUntil('the sandbox is quiet', async () => {
    const { in_flight: inFlight, pending_commits: pending } = await sandbox.stats();
    return inFlight === 0 && pending === 0;
  });
}

/** A damaged journal is refused, with the way out, and nothing is sent. */
export async function checkRefusal(
  workspace: Workspace,
  run: string,
  sandbox: TestSandbox,
): Promise<string[]> {
  await becomesQuiet(sandbox);
  const before = await sandbox.digest(id, column);
  const end = await workspace.start(['resume', run]).ended;
  const after = await sandbox.digest(id, column);
  const text = end.stdout + end.stderr;
  if (end.status === 3 && text.includes('resume --repair') && after.count === before.count) return [];
  return [
    `a damaged journal: exit status ${end.status ?? 'none'}, ${after.count - before.count} sent: ${text}`,
  ];
}

/** What holds at every exit that writes a summary, finished or not. */
export async function checkInterim(
  workspace: Workspace,
  plan: ChaosPlan,
  sandbox: TestSandbox,
): Promise<string[]> {
  const summary = await workspace.summary().catch(() => undefined);
  if (summary === undefined) return ['it ended by itself and left no summary'];
  const { totals } = summary;
  const problems: string[] = [];
  if (totals.read !== totals.uploaded + totals.failed + totals.skipped)
    problems.push(`figures do not add up: ${JSON.stringify(totals)}`);
  if (totals.rows_total !== null && totals.read + totals.unsettled !== plan.rows.length)
    problems.push(
      `read ${totals.read} and unsettled ${totals.unsettled} are not all ${plan.rows.length} rows`,
    );
  const count = await sandbox.count(id, column);
  if (!plan.upsert && totals.uploaded > count)
    problems.push(`${totals.uploaded} are said to be uploaded, the sandbox has ${count}`);
  return problems;
}

/** Values may be in error logs only. */
export async function findLeaks(workspace: Workspace): Promise<string[]> {
  const problems: string[] = [];
  for (const run of await workspace.runs()) {
    for (const name of await readdir(run)) {
      if (name.includes('error_log')) continue;
      const text = await readFile(join(run, name), 'utf8');
      if (text.includes(valueMark)) problems.push(`a value is in ${name}`);
    }
  }
  return problems;
}
