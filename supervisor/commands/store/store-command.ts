import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { makeStore, openStore, storeInWords } from '../../../src/store/open-store.js';
import { ENGINE_SCHEMA, engineSql, makeEngineTables, ShardQueue } from '../../cluster/shard-queue.js';
import { neededStoreUrl } from '../../cluster/store-address.js';
import { plural } from '../../../src/report/format-numbers.js';
import { askToProceed } from '../../ask/ask-to-proceed.js';
import { canAsk } from '../../ask/prompt.js';
import { usageError } from '../../command-line/usage-error.js';
import { present, tellEnd } from '../../view/present.js';
import { writeUnbroken } from '../../view/write-for-people.js';
import type { StoreCommand } from './definition.js';
import { settingsOf } from '../../command-line/configured.js';

const name = 'skyflow-supervise store';

/** `store init|check|forget`: what is done with the database itself. Only `init` makes or changes tables. */
export async function storeCommand(command: StoreCommand): Promise<number> {
  const [action, run, ...rest] = command.words;
  if (action === 'init' && command.print) {
    const { tables, grants } = storeInWords('loader', ENGINE_SCHEMA);
    const parts = [tables, '-- The engine, BullMQ:', await engineSql()];
    const role =
      '-- The role of loads and workers (here: loader) makes no tables, and needs no more than this:';
    // A comment that goes on in the next line would be no comment.
    writeUnbroken(`${[...parts, role, ...grants.map((grant) => `-- ${grant}`)].join('\n\n')}\n`);
    return 0;
  }
  const presentation = present(command);
  const url = await neededStoreUrl(settingsOf(command));
  const says = (text: string): void => presentation.people(`${text}\n`);
  const done = await act(action, run, rest, { url, says, yes: command.yes });
  return tellEnd(presentation, done, 0);
}

async function act(
  action: string | undefined,
  run: string | undefined,
  rest: readonly string[],
  { url, says, yes }: { readonly url: string; readonly says: (text: string) => void; readonly yes: boolean },
): Promise<string> {
  const wrong = rest.length > 0 || (run !== undefined) !== (action === 'forget');
  if (wrong || (action !== 'init' && action !== 'check' && action !== 'forget')) {
    throw usageError('store: it is `store init`, `store check` or `store forget RUN`', undefined, 'store');
  }
  const options = { name, connections: 2, patienceMs: 10_000 };
  if (action === 'init') {
    await makeStore(url, options);
    await makeEngineTables(url);
    says('the store is ready: tables in the schemas skyflow_supervise and bullmq');
    return 'ready';
  }
  await using store = await openStore(url, options);
  if (action === 'check') {
    const facts = await store.facts();
    await (await ShardQueue.open({ url, name, leaseMs: 60_000, onProblem: says }))[Symbol.asyncDispose]();
    says(`${facts.server}, ${facts.isEncrypted ? 'over TLS' : 'without TLS, on this machine'}`);
    for (const problem of facts.problems) says(`warning: ${problem}`);
    const unfinished = (await store.runs.unfinished()).length;
    says(`${plural(unfinished, 'run is', 'runs are')} not at ${unfinished === 1 ? 'its' : 'their'} end`);
    return 'usable';
  }
  const runId = run ?? '';
  if (!yes && (await store.runs.run(runId)) !== undefined) await agree(runId);
  if (!(await store.runs.forget(runId))) throw new SuperviseError('usage', `the store holds no run ${runId}`);
  says(`the store holds nothing of run ${runId} any more`);
  return 'forgotten';
}

/** Throws unless somebody agrees: what the store holds of a run is its only journal. */
async function agree(runId: string): Promise<void> {
  if (!canAsk()) {
    throw new SuperviseError('usage', 'a run would be deleted, and nobody can be asked', {
      hint: 'Say --yes to do it without a question.',
    });
  }
  const question = `All that the store holds of run ${runId} would be deleted, and the run could not be resumed or exported any more. Do you want to proceed?`;
  if (!(await askToProceed(question))) throw new SuperviseError('interrupted', 'nothing was deleted');
}
