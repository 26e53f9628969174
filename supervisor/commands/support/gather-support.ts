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
import { readJsonLines, readLogLines } from './read-log-lines.js';
import type { ArchivedFile } from './tar.js';

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
