import * as z from 'zod';
import { systemCode } from '../../../src/errors/supervise-error.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import { jsonIn } from '../../../src/system/json-in.js';

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
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly code: string;
  readonly [fact: string]: unknown;
}

/** The lines of logs of a run, oldest first, each with a code; a torn one is left out, and so is a file that is not there. */
export async function readLogLines(files: readonly string[]): Promise<LogLine[]> {
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
export async function readJsonLines(file: string): Promise<unknown[]> {
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
