import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { seededRandom } from '../../src/sandbox/seeded-random.js';
import { startProgram, type ProgramEnd, type RunningProgram } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { Workspace } from '../support/workspace.js';
import { damageJournal } from './damage-journal.js';
import { findDiscrepancies, findLosses } from './account.js';
import type { DeadOutput } from './draw-kinds.js';
import type { ChaosPlan } from './draw-plan.js';
import { advisedResume, followAdvice } from './follow-advice.js';
import { changesContent, moveDuring, type InputFiles } from './move-files.js';
import { strike } from './strike.js';
import { tearFiles } from './tear-files.js';
import {
  id,
  column,
  hadEnded,
  checkMoved,
  checkInterim,
  checkRefusal,
  becomesQuiet,
  calm,
  findLeaks,
} from './run-checks.js';

/** What one run went through, and what is wrong with its outcome (nothing, if all is well). */
export interface ChaosOutcome {
  readonly problems: readonly string[];
  readonly workspace: string;
  readonly commands: number;
  readonly blows: number;
  readonly tornFiles: number;
  readonly damagedJournals: number;
  /** Files that moved under a load, outputs that were gone, commands that were followed. */
  readonly moves: number;
  readonly deadOutputs: number;
  readonly followed: number;
  /** Answers with another status than 200 and 429, as the sandbox counts them. */
  readonly otherAnswers: number;
  readonly records: number;
  /** Requests that did not get an answer of 2xx, or a spoilt one, as far as the sandbox counts them. */
  readonly requests: number;
  readonly failed: number;
  readonly held: number;
  readonly exits: readonly string[];
}

/** A load must have come to its end after so many commands, whatever happens. */
const maxCommands = 14;

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
  let [moves, deadOutputs, followed] = [0, 0, 0];
  let last: ProgramEnd | undefined;
  const files = await keepInputs(workspace);
  let isDamaged = false;
  let finished = false;
  while (!finished && exits.length < maxCommands) {
    const [run] = await workspace.runs();
    const flags = plan.precount ? [] : ['--no-precount'];
    const advised =
      plan.kinds.includes('followed advice') && last !== undefined ? advisedResume(last) : undefined;
    if (advised !== undefined && !isDamaged) followed += 1;
    const argv =
      run === undefined
        ? ['--all', ...flags]
        : isDamaged
          ? ['resume', run, '--repair']
          : (advised ?? ['resume', run]);
    const wasMoved = files.isMoved;
    // What the command before has sent may still arrive.
    if (wasMoved) await becomesQuiet(sandbox);
    const before = await sandbox.digest(id, column);
    const output = plan.outputs[exits.length];
    if (output !== undefined) deadOutputs += 1;
    const program = startWith(output, argv, workspace);
    const planned = plan.moves[exits.length];
    const moving =
      planned === undefined
        ? undefined
        : moveDuring(program.ended, sandbox, { ...planned, files, random }).then((isMoved) => {
            if (isMoved) moves += 1;
            files.isMoved ||= isMoved && changesContent(planned.move);
          });
    const struck = await strike({ program, sandbox, tokenFile }, plan.blows[exits.length] ?? []);
    const end = await program.ended;
    await moving;
    last = end;
    blows += struck.hits;
    await waitUntil('no child is left', () => ![...struck.children].some(isAlive));
    finished = end.status === 0 || end.status === 1 || (end.signal !== null && (await hadEnded(workspace)));
    if (wasMoved) {
      if (end.signal === null) problems.push(...(await checkMoved(end, before.count, sandbox)));
      finished = false;
    }
    if (files.isMoved && (wasMoved || planned?.isPutBackAtOnce === true || finished)) await files.putBack();
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
  const stats = await sandbox.stats();
  if (summary !== undefined && problems.length === 0) {
    const wrongTokenHits = plan.wrongTokens - wrongToken.next;
    const evidence = { plan, summary, wrongTokenHits };
    const found = await findDiscrepancies({ ...evidence, held: await sandbox.pairs(id, column) });
    problems.push(...found);
    if (plan.kinds.includes('followed advice') && last !== undefined && found.length === 0) {
      await calm(sandbox, plan);
      const advice = await followAdvice(workspace, sandbox, { plan, last, summary });
      followed += advice.commands;
      problems.push(...advice.problems);
      await becomesQuiet(sandbox);
      const held = await sandbox.pairs(id, column);
      problems.push(...(await findLosses({ ...evidence, held }, advice.retried)));
    }
    problems.push(...(await findLeaks(workspace)));
  }
  return {
    problems,
    workspace: workspace.path,
    commands: exits.length,
    blows,
    tornFiles,
    damagedJournals,
    ...{ moves, deadOutputs, followed },
    otherAnswers: countOthers(stats['requests_by_route']),
    records: plan.rows.length,
    requests: Number(stats['requests']),
    failed: summary?.totals.failed ?? 0,
    held: summary?.totals.held ?? 0,
    exits,
  };
}

/** Starts the program with outputs that are gone, or go. */
function startWith(
  output: DeadOutput | undefined,
  argv: readonly string[],
  { path: cwd }: Workspace,
): RunningProgram {
  switch (output) {
    case undefined:
      return startProgram(argv, { cwd });
    case 'full':
      return startProgram(argv, { cwd, shell: 'exec "$@" >/dev/full' });
    case 'both full':
      return startProgram(argv, { cwd, shell: 'exec "$@" >/dev/full 2>&1' });
    case 'closed':
      return startProgram(argv, { cwd, shell: 'exec "$@" >&- 2>&-' });
    case 'reader gone': {
      const program = startProgram(argv, { cwd });
      for (const stream of [program.child.stdout, program.child.stderr])
        stream.once('data', () => stream.destroy());
      return program;
    }
    default:
      return output satisfies never;
  }
}

interface KeptInputs extends InputFiles {
  /** Whether they hold something else now. */
  isMoved: boolean;
  putBack(): Promise<void>;
}

/** The inputs of the load, and the way back to what they held. */
async function keepInputs(workspace: Workspace): Promise<KeptInputs> {
  const [data, tokens] = [`${column}_data.csv`, `${column}_tokens.csv`].map((name) =>
    workspace.at('data', name),
  );
  if (data === undefined || tokens === undefined) throw new RangeError('unreachable');
  const originals = new Map(
    await Promise.all([data, tokens].map(async (file) => [file, await readFile(file)] as const)),
  );
  const kept: KeptInputs = {
    ...{ data, tokens, isMoved: false },
    async putBack() {
      for (const [file, bytes] of originals) await writeFile(file, bytes);
      kept.isMoved = false;
    },
  };
  return kept;
}

/** How many requests were answered with another status than 200 and 429. */
function countOthers(byRoute: unknown): number {
  const routes = z.record(z.string(), z.record(z.string(), z.number())).parse(byRoute);
  return Object.values(routes)
    .flatMap((endings) => Object.entries(endings))
    .filter(([ending]) => /^\d+$/.test(ending) && !['200', '429'].includes(ending))
    .reduce((sum, [, count]) => sum + count, 0);
}
