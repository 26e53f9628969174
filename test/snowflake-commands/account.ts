import { writeFile } from 'node:fs/promises';
import type { SnowflakeSandboxInput } from '../../src/sandbox/snowflake/options.js';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { Workspace } from '../support/workspace.js';

/** A Snowflake of this process, and a folder whose config.json logs in to it. */
export interface TestAccount extends AsyncDisposable {
  readonly sandbox: SnowflakeSandbox;
  readonly workspace: Workspace;
  /** The first column of a query run on the engine itself. */
  column(sql: string): Promise<unknown[]>;
}

export async function openAccount(
  input: SnowflakeSandboxInput = { seed: { rows: 3 } },
): Promise<TestAccount> {
  const workspace = await Workspace.create();
  const sandbox = await startSnowflakeSandbox(input);
  const configuration = {
    snowflake: {
      access_url: sandbox.accessUrl,
      account: 'SANDBOX',
      user: 'loader',
      password: 'sandbox-password',
      table: 'MOCK',
    },
  };
  await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
  return {
    sandbox,
    workspace,
    async column(sql) {
      return (await sandbox.runSql(sql)).rows.map(([first]) => first);
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await workspace[Symbol.asyncDispose]();
    },
  };
}
