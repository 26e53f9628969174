import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { grantsFor, storeSql } from '../../../src/store/schema-sql.js';
import { Store } from '../../../src/store/store.js';
import { StoredRuns } from '../../../src/store/stored-runs.js';
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
    const grants = grantsFor('loader', ENGINE_SCHEMA).map((grant) => `-- ${grant}`);
    const parts = [storeSql.trim(), '-- The engine, BullMQ:', await engineSql()];
    const role =
      '-- The role of loads and workers (here: loader) makes no tables, and needs no more than this:';
    // A comment that goes on in the next line would be no comment.
    writeUnbroken(`${[...parts, role, ...grants].join('\n\n')}\n`);
    return 0;
  }
  const presentation = present(command);
  const url = await neededStoreUrl(storeSettings(command));
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
  const store = await Store.open(url, { name, connections: 2, patienceMs: 10_000 });
  try {
    if (action === 'init') {
      await store.tell(storeSql);
      await makeEngineTables(url);
      says('the store is ready: tables in the schemas skyflow_supervise and bullmq');
      return 'ready';
    }
    await store.assertReady();
    if (action === 'check') {
      const facts = await store.facts();
      await (await ShardQueue.open({ url, name, leaseMs: 60_000, onProblem: says }))[Symbol.asyncDispose]();
      says(`PostgreSQL ${facts.version}, ${facts.isEncrypted ? 'over TLS' : 'without TLS, on this machine'}`);
      for (const problem of facts.problems) says(`warning: ${problem}`);
      const unfinished = (await new StoredRuns(store).unfinished()).length;
      says(`${plural(unfinished, 'run is', 'runs are')} not at ${unfinished === 1 ? 'its' : 'their'} end`);
      return 'usable';
    }
    const runs = new StoredRuns(store);
    const runId = run ?? '';
    if (!yes && (await runs.run(runId)) !== undefined) await agree(runId);
    if (!(await runs.forget(runId))) throw new SuperviseError('usage', `the store holds no run ${runId}`);
    says(`the store holds nothing of run ${runId} any more`);
    return 'forgotten';
  } finally {
    await store.close();
  }
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

/** Where the store is, by the settings alone. */
function storeSettings(command: Pick<StoreCommand, 'config' | 'settings'>) {
  return settingsOf(command);
}
