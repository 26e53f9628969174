import type { RunSummary } from '../../src/report/summary-format.js';
import { printedCommands } from '../support/printed-commands.js';
import type { ProgramEnd } from '../support/program.js';
import type { TestSandbox } from '../support/sandbox.js';
import { vaults, type Workspace } from '../support/workspace.js';
import type { ChaosPlan } from './draw-plan.js';

const { id, column } = vaults.NAME;

/** What an advised command came to. */
export interface Followed {
  readonly commands: number;
  /** Of the last command that sent records anew: what is not in the vault stands in its error log. */
  readonly retried: RunSummary | undefined;
  readonly problems: readonly string[];
}

const outputOf = ({ stdout, stderr }: ProgramEnd): string => `${stdout}\n${stderr}`;

/** The command that goes on with a run that did not finish, as it is printed; undefined when none is. */
export function advisedResume(end: ProgramEnd): string[] | undefined {
  return printedCommands(outputOf(end)).find(([first]) => first === 'resume');
}

/**
 * Behind a run that has finished: does what its last words say (`retry`), begins the same load anew, and does what the
 * refusal of that says. The vault answers well by now. What must hold of the vault after it is `findDiscrepancies`'s.
 */
export async function followAdvice(
  workspace: Workspace,
  sandbox: TestSandbox,
  { plan, last, summary }: { plan: ChaosPlan; last: ProgramEnd; summary: RunSummary },
): Promise<Followed> {
  const problems: string[] = [];
  let commands = 0;
  let retried: RunSummary | undefined;
  const run = async (argv: readonly string[]): Promise<ProgramEnd> => {
    commands += 1;
    return workspace.run(argv);
  };
  const count = (): Promise<number> => sandbox.count(id, column);

  const retry = printedCommands(outputOf(last)).find(([first]) => first === 'retry');
  if (retry !== undefined) {
    const before = new Set(await workspace.runs());
    // With upsert the tokens of some may be others in the vault: whoever knows better says so.
    const allowed = plan.upsert ? ['--allow-token-change'] : [];
    const end = await run([...retry, '--yes', ...allowed]);
    if (end.status !== 0 && end.status !== 1)
      problems.push(`${retry.join(' ')} ended with ${end.status ?? 'none'}: ${outputOf(end)}`);
    else if ((await workspace.runs()).some((directory) => !before.has(directory)))
      retried = await workspace.summary();
  }

  const before = await count();
  let again = await run(['--all']);
  if (plan.upsert && again.status === 2 && outputOf(again).includes('--allow-token-change')) {
    // Of those that failed the tokens are not there, so that values may stand under others: whoever knows better says so.
    if ((await count()) !== before) problems.push(`a refused load sent something: ${outputOf(again)}`);
    again = await run(['--all', '--allow-token-change']);
  }
  const isInVault = summary.totals.uploaded + (retried?.totals.uploaded ?? 0) > 0;
  if (plan.upsert || !isInVault) {
    // What it could not load stands in its own log now.
    // Rows that were held back may be in the vault: then it is right to be refused.
    const isRefused = again.status === 2 && summary.totals.held > 0 && (await count()) === before;
    if (again.status === 0 || again.status === 1) retried = await workspace.summary();
    else if (!isRefused)
      problems.push(`the same load ended with ${again.status ?? 'none'}: ${outputOf(again)}`);
  } else if (again.status !== 2 || (await count()) !== before) {
    problems.push(
      `the same load once more: exit status ${again.status ?? 'none'}, ${(await count()) - before} sent: ${outputOf(again)}`,
    );
  } else {
    for (const argv of printedCommands(outputOf(again)).filter(isSending)) await run(argv);
  }
  return { commands, retried, problems };
}

/** `--new-run` is for somebody who knows: at a terminal the vault's name is to be typed. */
function isSending(argv: readonly string[]): boolean {
  const [first = ''] = argv;
  return (first.startsWith('-') || ['load', 'resume'].includes(first)) && !argv.includes('--new-run');
}
