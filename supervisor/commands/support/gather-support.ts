import { arch, availableParallelism, hostname, platform, release, totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { errorFacts, systemCode } from '../../../src/errors/supervise-error.js';
import { productVersion, productCommit } from '../../../src/product/product.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { readRunRecord, type RunRecord } from '../../../src/run-record/run-record.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import { namesOfSources } from '../../../src/source/source-settings.js';
import { recordedSetting } from '../../history/known-runs.js';
import { gatherEvidence } from '../report/gather-evidence.js';
import { concealer, type Concealment } from './conceal.js';
import type { ArchivedFile } from './tar.js';
import { jsonIn } from '../../../src/system/json-in.js';

/** A file of the archive, and what it is, for people. */
export interface SupportFile extends ArchivedFile {
  readonly what: string;
}

/** Of the run directory, as they are but for what is concealed; none of them holds records. */
const documents: readonly (readonly [file: string, what: string])[] = [
  ['summary.json', 'how it ended'],
  ['status.json', 'where it stood last'],
  ['verification.json', 'what was read back'],
  ['undo.json', 'what was deleted again'],
  ['control.json', 'what pause, go, pace and stop asked for last'],
  ['control_answer.json', 'what of it was in force'],
];

/**
 * What a run says of itself, without records, secrets and whatever else is to be concealed. Journals, error logs, ids and
 * fingerprints of pieces are not in it. What cannot be read is said in its place.
 */
export async function gatherSupport(
  directory: RunDirectory,
  keep: Pick<Concealment, 'keepNames' | 'keepLiterals'>,
): Promise<SupportFile[]> {
  const record = await readRunRecord(directory, { edited: true }).catch(() => undefined);
  const conceal = concealer({ ...namesOf(record), ...keep });
  const files: SupportFile[] = [];
  const add = (name: string, what: string, content: unknown): void => {
    files.push({ name, what, content: Buffer.from(`${JSON.stringify(conceal(content), undefined, 2)}\n`) });
  };
  add('versions.json', 'versions of the program, of Node and of this machine', {
    program_version: productVersion,
    program_commit: productCommit(),
    node_version: process.versions.node,
    platform: platform(),
    release: release(),
    arch: arch(),
    cores: availableParallelism(),
    memory_bytes: totalmem(),
  });
  const evidence = await gatherEvidence(directory).catch((error: unknown) => ({
    unreadable: errorFacts(error),
  }));
  add('evidence.json', 'commands, settings, inputs, and what the journals say: as `report`', evidence);
  for (const [name, what] of documents) {
    const content = await readDocument(join(directory.path, name));
    if (content !== undefined) add(name, what, content);
  }
  const addLines = (name: string, what: string, lines: readonly unknown[]): void => {
    const text = lines.map((line) => `${JSON.stringify(conceal(line))}\n`).join('');
    files.push({ name, what: `${what}, ${lines.length} lines`, content: Buffer.from(text) });
  };
  addLines('figures.jsonl', 'figures of each vault over time', await readJsonLines(directory.timelineFile));
  addLines(
    'log.jsonl',
    'what happened, by its code',
    await readLogLines([`${directory.logFile}.1`, directory.logFile]),
  );
  return files;
}

async function readDocument(file: string): Promise<unknown> {
  try {
    return z.unknown().parse(JSON.parse(await readPrivate(file)));
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? undefined : { unreadable: errorFacts(error) };
  }
}

/** Names of this machine, of those that worked on the run, and of where it loaded from and to. */
function namesOf(record: RunRecord | undefined): Pick<Concealment, 'hosts' | 'users'> {
  const sessions = record?.sessions ?? [];
  const texts = (keys: readonly string[]): string[] =>
    record === undefined
      ? []
      : keys.flatMap((key) => {
          const value = recordedSetting(record, key);
          return typeof value === 'string' ? value.split(/[\s,]+/).filter((one) => one !== '') : [];
        });
  return {
    hosts: [
      hostname(),
      ...sessions.map(({ host }) => host),
      ...texts(['skyflow.allowed_hosts', ...namesOfSources.flatMap((names) => names.hosts)]),
    ],
    users: [
      ownName(),
      ...sessions.map(({ user }) => user),
      ...texts(namesOfSources.flatMap((names) => names.users)),
    ],
  };
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

/** What `run.log` says in a word of its own; any other line is a notice to people. */
const codes: Readonly<Record<string, string>> = {
  begin: 'command_begun',
  end: 'command_ended',
  phase: 'vault_phase',
  inputs: 'vault_inputs',
  ended: 'vault_ended',
  order: 'order',
  'an output cannot be written': 'output_failed',
  'an observer failed': 'observer_failed',
  'the supervisor failed': 'supervisor_failed',
};

const levels: Readonly<Record<number, string>> = { 30: 'info', 40: 'warn', 50: 'error', 60: 'error' };

const lineSchema = z.looseObject({ level: z.number(), time: z.string(), msg: z.string().optional() });

/** One thing that happened, with the code of its kind. */
interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly code: string;
  readonly [fact: string]: unknown;
}

/** The lines of logs of a run, oldest first, each with a code; a torn one is left out, and so is a file that is not there. */
async function readLogLines(files: readonly string[]): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for (const file of files) {
    for (const line of await readJsonLines(file)) {
      const found = lineSchema.safeParse(line).data;
      if (found !== undefined) lines.push(codedLine(found));
    }
  }
  return lines;
}

/** What stands in a file line by line; torn lines are left out, and a file that is not there has none. */
async function readJsonLines(file: string): Promise<unknown[]> {
  const text = await readPrivate(file).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  });
  return text
    .split('\n')
    .map(jsonIn)
    .filter((line) => line !== undefined);
}

function codedLine({ level, time, msg, ...facts }: z.infer<typeof lineSchema>): LogLine {
  const code = codes[msg ?? ''] ?? 'notice';
  const head = { time, level: levels[level] ?? 'info', code };
  return code === 'notice' ? { ...head, ...facts, message: msg } : { ...head, ...facts };
}
