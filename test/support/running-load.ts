import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { ProgramEnd, RunningProgram } from './program.js';
import type { TestSandbox } from './sandbox.js';
import { waitUntil } from './wait-until.js';
import { vaults, type Workspace } from './workspace.js';

const statusSchema = z.object({
  pid: z.int(),
  vaults: z.array(z.looseObject({ name: z.string(), pid: z.int().nullable(), phase: z.string() })),
});
type RunStatus = z.infer<typeof statusSchema>;

/** What `status.json` of the newest run says; undefined before there is one. */
export async function readStatus(workspace: Workspace): Promise<RunStatus | undefined> {
  const run = (await workspace.runs()).at(-1);
  if (run === undefined) return undefined;
  const text = await readFile(join(run, 'status.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : statusSchema.parse(JSON.parse(text));
}

/** The pid of a vault's child, once it is loading; with `after`, of a child that came after that one. */
export async function loadingChild(
  workspace: Workspace,
  name: string,
  options: { after?: readonly number[]; phase?: string } = {},
): Promise<number> {
  const { after = [], phase = 'loading' } = options;
  let pid = 0;
  let status: RunStatus | undefined;
  const what = (): string =>
    `status.json names a child of ${name} in the phase ${phase}, and not ${JSON.stringify(status)}`;
  await waitUntil(what, async () => {
    status = await readStatus(workspace);
    const vault = status?.vaults.find((candidate) => candidate.name === name);
    if (vault?.pid === undefined || vault.pid === null) return false;
    pid = vault.pid;
    return vault.phase === phase && !after.includes(pid);
  });
  return pid;
}

/** Loads the vault NAME as the workspace is configured, until it holds more than 200 records. */
export async function loadUnderWay(
  workspace: Workspace,
  sandbox: TestSandbox,
): Promise<{ load: RunningProgram; run: string }> {
  const load = workspace.start(['--all']);
  await waitUntil(
    'some records are in the vault',
    async () => (await sandbox.count(vaults.NAME.id, vaults.NAME.column)) > 200,
  );
  const [run = ''] = await workspace.runs();
  return { load, run };
}

/**
 * Interrupts a load twice whose requests hang: with none on its way the first signal is enough. The second one waits for the
 * first to be noticed: two of a kind that are pending are one.
 */
export async function stopAtOnce(load: RunningProgram, sandbox: TestSandbox): Promise<ProgramEnd> {
  await waitUntil('a request hangs', async () => Number((await sandbox.stats())['in_flight']) > 0);
  load.child.kill('SIGINT');
  await load.outputMatches(/once more stops at once/);
  load.child.kill('SIGINT');
  return load.ended;
}
