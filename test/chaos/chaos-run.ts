import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../src/sandbox/seeded-random.js';
import { startProgram } from '../support/program.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { vaults, Workspace } from '../support/workspace.js';
import { damageJournal } from './damage-journal.js';
import { findDiscrepancies } from './account.js';
import { valueMark, type ChaosPlan } from './draw-plan.js';
import { strike } from './strike.js';
import { tearFiles } from './tear-files.js';

/** What one run went through, and what is wrong with its outcome (nothing, if all is well). */
export interface ChaosOutcome {
  readonly problems: readonly string[];
  readonly workspace: string;
  readonly commands: number;
  readonly blows: number;
  readonly tornFiles: number;
  readonly damagedJournals: number;
  readonly records: number;
  /** Requests that did not get an answer of 2xx, or a spoilt one, as far as the sandbox counts them. */
  readonly requests: number;
  readonly failed: number;
  readonly held: number;
  readonly exits: readonly string[];
}

/** A load must have come to its end after so many commands, whatever happens. */
const maxCommands = 14;
const { id, column } = vaults.NAME;

/**
 * Carries a plan out: loads, strikes, tears, resumes until the run is finished, and compares. Rejects only when the
 * run cannot be carried out at all. The workspace stays when something is wrong.
 */
export async function runChaos(plan: ChaosPlan): Promise<ChaosOutcome> {
  const workspace = await Workspace.create();
  const outcome = await runIn(workspace, plan);
  if (outcome.problems.length === 0) await workspace[Symbol.asyncDispose]();
  return outcome;
}

async function runIn(workspace: Workspace, plan: ChaosPlan): Promise<ChaosOutcome> {
  await using sandbox = await startSandbox(workspace.path, [`seed=${plan.seed}`]);
  await sandbox.set(plan.faults);
  const tokenFile = workspace.at('bearer_token');
  await writeFile(tokenFile, 'token-of-the-chaos-suite', { mode: 0o600 });
  await workspace.writePairs('NAME', plan.rows);
  await workspace.configure(sandbox.url, ['NAME'], {
    skyflow: {
      bearer_token: undefined,
      bearer_token_file: tokenFile,
      upsert: plan.upsert,
      wire: plan.wire,
      settle_ms: plan.settleMs,
    },
    performance: {
      batch_size: plan.batchSize,
      max_concurrency: plan.concurrency,
      request_timeout_ms: 2_000,
      max_errors: '100%',
    },
  });
  const random = seededRandom(plan.seed);
  const problems: string[] = [];
  const exits: string[] = [];
  let blows = 0;
  let tornFiles = 0;
  let damagedJournals = 0;
  let isDamaged = false;
  let finished = false;
  while (!finished && exits.length < maxCommands) {
    const [run] = await workspace.runs();
    const flags = plan.precount ? [] : ['--no-precount'];
    const argv =
      run === undefined ? ['--all', ...flags] : ['resume', run, ...(isDamaged ? ['--repair'] : [])];
    const program = startProgram(argv, { cwd: workspace.path });
    const struck = await strike({ program, sandbox, tokenFile }, plan.blows[exits.length] ?? []);
    const end = await program.ended;
    blows += struck.hits;
    await waitUntil('no child is left', () => ![...struck.children].some(isRunning), 20_000);
    finished = end.status === 0 || end.status === 1;
    const isOrderly = finished || [3, 130, 143].includes(end.status ?? -1);
    if (end.signal === null && !isOrderly)
      problems.push(`exit status ${end.status ?? 'none'}: ${end.stdout}${end.stderr}`);
    if (end.signal === null) {
      const found = await checkInterim(workspace, plan, sandbox);
      problems.push(...found.map((problem) => `${problem}\n${end.stdout}${end.stderr}`));
    }
    const [began] = await workspace.runs();
    if (!finished && began !== undefined && plan.tears[exits.length] === true)
      tornFiles += await tearFiles(began, 'NAME', random);
    isDamaged =
      !finished &&
      began !== undefined &&
      plan.damages[exits.length] === true &&
      (await damageJournal(began, 'NAME', random));
    if (isDamaged && began !== undefined) {
      damagedJournals += 1;
      problems.push(...(await checkRefusal(workspace, began, sandbox)));
    }
    exits.push(end.signal ?? String(end.status));
    if (problems.length > 0) break;
  }
  if (!finished && problems.length === 0) problems.push(`not finished after ${exits.length} commands`);
  await becomesQuiet(sandbox);
  const summary = await workspace.summary().catch(() => undefined);
  const { wrongToken } = await sandbox.options();
  if (summary !== undefined && problems.length === 0) {
    const held = await sandbox.pairs(id, column);
    const wrongTokenHits = plan.wrongTokens - wrongToken.next;
    problems.push(...(await findDiscrepancies({ plan, summary, held, wrongTokenHits })));
    problems.push(...(await findLeaks(workspace)));
  }
  const { requests } = await sandbox.stats();
  return {
    problems,
    workspace: workspace.path,
    commands: exits.length,
    blows,
    tornFiles,
    damagedJournals,
    records: plan.rows.length,
    requests: Number(requests),
    failed: summary?.totals.failed ?? 0,
    held: summary?.totals.held ?? 0,
    exits,
  };
}

function isRunning(pid: number): boolean {
  return isAlive(pid);
}

/** Nothing is under way in the sandbox, and nothing will be committed any more. */
async function becomesQuiet(sandbox: TestSandbox): Promise<void> {
  await waitUntil('the sandbox is quiet', async () => {
    const { in_flight: inFlight, pending_commits: pending } = await sandbox.stats();
    return inFlight === 0 && pending === 0;
  });
}

/** A damaged journal is refused, with the way out, and nothing is sent. */
async function checkRefusal(workspace: Workspace, run: string, sandbox: TestSandbox): Promise<string[]> {
  await becomesQuiet(sandbox);
  const before = await sandbox.digest(id, column);
  const end = await startProgram(['resume', run], { cwd: workspace.path }).ended;
  const after = await sandbox.digest(id, column);
  const text = end.stdout + end.stderr;
  if (end.status === 3 && text.includes('resume --repair') && after.count === before.count) return [];
  return [
    `a damaged journal: exit status ${end.status ?? 'none'}, ${after.count - before.count} sent: ${text}`,
  ];
}

/** What holds at every exit that writes a summary, finished or not. */
async function checkInterim(workspace: Workspace, plan: ChaosPlan, sandbox: TestSandbox): Promise<string[]> {
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
  const { count } = await sandbox.digest(id, column);
  if (!plan.upsert && totals.uploaded > count)
    problems.push(`${totals.uploaded} are said to be uploaded, the sandbox has ${count}`);
  return problems;
}

/** Values may be in error logs only. */
async function findLeaks(workspace: Workspace): Promise<string[]> {
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
