import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { findRun } from '../../../src/run-record/run-directory.js';
import { readRunRecord } from '../../../src/run-record/run-record.js';
import { productVersion } from '../../../src/product/product.js';
import { askToProceed } from '../../ask/ask-to-proceed.js';
import { canAsk } from '../../ask/prompt.js';
import { findRuns } from '../../history/known-runs.js';
import { present, type Presentation } from '../../view/present.js';
import type { RunsCommand } from './definition.js';
import { describeAmong, describeRun } from './describe-run.js';
import { forgetRun, pruneRuns } from './prune-runs.js';
import { renderRun, type ListedRun } from './run-columns.js';
import { findRetries } from '../retry/earlier-runs.js';
import { settingsOf } from '../../command-line/configured.js';

/** `runs`: what runs there are, the newest last; `runs forget RUN`: one less; `runs prune`: without the old ones. */
export async function runsCommand(command: RunsCommand): Promise<number> {
  const presentation = present(command);
  const settings = settingsOf(command);
  const { run_dir: runsDirectory } = settings;
  const { wish, dryRun, yes } = command;
  switch (wish.verb) {
    case 'list':
      return list(runsDirectory, presentation);
    case 'forget':
      return forget(wish.named, yes, runsDirectory, presentation);
    case 'prune':
      return pruneRuns(runsDirectory, { ...wish, dryRun, yes, now: new Date() }, presentation);
    default:
      return wish satisfies never;
  }
}

async function list(runsDirectory: string, presentation: Presentation): Promise<number> {
  const retries = await findRetries(runsDirectory);
  const listed: ListedRun[] = [];
  const runs = await findRuns(runsDirectory);
  for (const run of runs) listed.push(await describeAmong(run, runs, retries));
  const lines = listed.map((run) => renderRun(run, presentation.screen));
  presentation.people(listed.length === 0 ? `There are no runs in ${runsDirectory}.\n` : lines.join(''));
  presentation.document({ format_version: 1, program_version: productVersion, runs: listed });
  return 0;
}

async function forget(
  names: readonly string[],
  yes: boolean,
  runsDirectory: string,
  presentation: Presentation,
): Promise<number> {
  for (const named of names) {
    const directory = await findRun(runsDirectory, named);
    const run = { directory, record: await readRunRecord(directory) };
    if (!yes) {
      if (!canAsk()) {
        throw new SuperviseError('usage', 'a run would be deleted, and nobody can be asked', {
          hint: 'Say --yes to do it without a question.',
        });
      }
      const { state, failed } = await describeRun(run);
      const lost = failed > 0 ? `, with ${formatCount(failed)} failed records in its error logs` : '';
      const question = `The run ${directory.runId} (${state}) would be deleted${lost}, and could not be resumed, retried or proved any more. Do you want to proceed?`;
      if (!(await askToProceed(question))) throw new SuperviseError('interrupted', 'nothing was deleted');
    }
    await forgetRun(run);
    presentation.people(`forgotten: ${directory.runId}; what it loaded stays known\n`);
  }
  return 0;
}
