import * as z from 'zod';
import { askDatabase, createStore } from '../support/postgres.js';
import { Workspace } from '../support/workspace.js';

/** A workspace with a store of its own. */
export async function withStore(t: { after(fn: () => Promise<void>): void }) {
  const workspace = await Workspace.create();
  t.after(() => workspace[Symbol.asyncDispose]());
  const url = await createStore();
  const env = { SKYFLOW_STORE: url };
  return {
    workspace,
    url,
    run: (...words: string[]) => workspace.run(words, { env }),
    start: (...words: string[]) => workspace.start(words, { env }),
  };
}

/** Everything that a database holds, as text. */
export async function dump(url: string): Promise<string> {
  const tables = await askDatabase(
    url,
    z.object({ name: z.string() }),
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('skyflow_supervise', 'bullmq')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await askDatabase(
      url,
      z.object({ row: z.string() }),
      `SELECT t::text AS row FROM ${name} t`,
    );
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}
