import type { CsvSpec } from '../../src/source/csv/csv-settings.js';
import { usualForm } from '../../src/source/csv/form-settings.js';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { serialize } from 'node:v8';
import {
  fromChildSchema,
  performanceSlice,
  skyflowSlice,
  type FromChild,
  type VaultJob,
} from '../../src/protocol/messages.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { nodeOptions } from '../../src/system/node-options.js';
import { productVersion } from '../../src/product/product.js';

export interface LoadAloneOptions {
  readonly vaultUrl: string;
  /** A folder with `name_data.csv` and `name_tokens.csv`. */
  readonly dataDirectory: string;
  /** Other files than those, or otherwise written. */
  readonly files?: Partial<CsvSpec['files']> | undefined;
  /** Where the run's files go; made when it is missing. */
  readonly runDirectory: string;
  readonly batchSize: number;
  readonly workers: number;
  /** Records of it are refused: it ends with failures. */
  readonly endsWithFailures?: boolean;
  /** Flags of Node for the child. */
  readonly nodeFlags?: readonly string[];
  /** Called with the pid as soon as the child is there. */
  readonly onStarted?: (pid: number) => void;
  readonly stopping: AbortSignal;
}

export interface LoadedAlone {
  readonly result: Extract<FromChild, { type: 'result' }>;
  readonly messages: number;
  /** Without its latencies: how many of them differ depends on what else the machine does. */
  readonly longestMessageBytes: number;
  /** What the child wrote to its standard output: traces that `nodeFlags` asked for. */
  readonly trace: string;
  readonly journal: string;
}

/** One load by a child without its supervisor: this process plays it, and counts what comes over the channel. */
export async function loadAlone(options: LoadAloneOptions): Promise<LoadedAlone> {
  await mkdir(options.runDirectory, { recursive: true, mode: 0o700 });
  // As every run has one: without it pieces are told by SHA-256, as in runs of version 0.1.
  await openRunStore(options.runDirectory).keepFingerprintKey('5a'.repeat(32));
  const child = fork(join(import.meta.dirname, '../../child/main.js'), {
    execArgv: [...nodeOptions(), ...(options.nodeFlags ?? [])],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    signal: options.stopping,
    killSignal: 'SIGKILL',
  });
  if (child.pid !== undefined) options.onStarted?.(child.pid);
  let messages = 0;
  let longestMessageBytes = 0;
  let result: Extract<FromChild, { type: 'result' }> | undefined;
  child.on('message', (raw) => {
    messages += 1;
    longestMessageBytes = Math.max(longestMessageBytes, serialize(withoutLatencies(raw)).length);
    const message = fromChildSchema.parse(raw);
    if (message.type === 'result') result = message;
  });
  child.send({ type: 'job', version: productVersion, job: jobOf(options) });
  const [trace] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'close')]);
  if (result?.status !== (options.endsWithFailures === true ? 'failures' : 'complete')) {
    throw new Error(`the load ended as ${result?.status ?? 'a crash'}: ${result?.error?.message ?? ''}`);
  }
  const journal = await readFile(join(options.runDirectory, 'journal_NAME.log'), 'utf8');
  return { result, messages, longestMessageBytes, trace, journal };
}

function withoutLatencies(message: unknown): unknown {
  const text = JSON.stringify(message, (key, value: unknown) => (key === 'buckets' ? [] : value));
  return JSON.parse(text);
}

/** What the supervisor would send for a CSV pair, with the defaults of the configuration. */
function jobOf({
  vaultUrl,
  dataDirectory,
  files,
  runDirectory,
  batchSize,
  workers,
}: LoadAloneOptions): VaultJob {
  return {
    runId: '20260101T000000Z-benchmark',
    runDirectory,
    startedAt: new Date().toISOString(),
    stateFolder: join(runDirectory, 'locks'),
    vault: { name: 'NAME', id: 'v-name', table: 'name', column: 'name' },
    source: {
      kind: 'csv',
      files: {
        data_file: join(dataDirectory, 'name_data.csv'),
        token_file: join(dataDirectory, 'name_tokens.csv'),
        value_header: 'full_name',
        token_header: 'full_name_token',
        ...usualForm,
        ...files,
      },
      precount: true,
    },
    skyflow: skyflowSlice.parse({ vault_url: vaultUrl }),
    performance: performanceSlice.parse({
      batch_size: batchSize,
      max_concurrency: workers,
      max_records: 0,
    }),
    connection: { credential: { kind: 'token', token: 't' }, wire: 'bulk', proxy: {} },
    delivery: { rates: {}, maxRecordsIsDefault: false },
  };
}
