import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { recordDurations } from './durations.js';
import { joinFiles } from './join-files.js';
import { whySkipped } from './support/optional-packages.js';
import { sharePostgres } from './support/shared-postgres.js';
import { newFolder } from './support/temporary-folder.js';

/** Files of loads wait more than they compute: so many keep two cores at work without making them fight for it. */
const usualConcurrency = 6;
/** A net for what hangs: on a machine with other work a file takes many times what it takes alone. */
const longestFileMs = 600_000;

/**
 * Runs the compiled tests below this folder, longer files each in a process of its own; arguments choose files by a part of
 * their path. `--durations` lists, above the end, what each file took; `--concurrency N` runs N side by side. The last line is `N passed, N failed`; the exit
 * status is 1 when a test failed or none was run.
 */
const { values: flags, positionals: wanted } = parseArgs({
  options: {
    durations: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: String(usualConcurrency) },
  },
  allowPositionals: true,
});
const chosen = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const runnable = chosen.filter((name) => whySkipped(name) === undefined);
const joinedFolder = newFolder(join(tmpdir(), 'skyflow-supervise-joined-'));
process.on('exit', () => rmSync(joinedFolder, { recursive: true, force: true }));
const files = joinFiles(runnable, import.meta.dirname, joinedFolder);

let passed = 0;
let failed = 0;
const failures: string[] = [];
const postgres = runnable.some((name) => /^(cluster|lanes|store)\//.test(name))
  ? await sharePostgres()
  : undefined;
// What this process was told before its program, each file's process is told as well.
process.execArgv.push('--import', new URL('support/processes/before-file.js', import.meta.url).href);
const stream = run({ files, concurrency: Number(flags.concurrency), timeout: longestFileMs });
const isLeaf = (data: { details: { type?: string | undefined } }): boolean => data.details.type !== 'suite';
stream.on('test:pass', (data) => {
  if (isLeaf(data) && data.skip === undefined) passed += 1;
});
stream.on('test:fail', (data) => {
  if (!isLeaf(data)) return;
  failed += 1;
  failures.push(`${relative(import.meta.dirname, data.file ?? '')}: ${data.name}`);
});
const durations = flags.durations ? recordDurations(stream) : undefined;
const reporter = new spec();
stream.pipe(reporter).pipe(process.stdout, { end: false });
reporter.on('end', () => {
  postgres?.[Symbol.dispose]();
  for (const line of durations?.() ?? []) process.stdout.write(`${line}\n`);
  for (const name of chosen) {
    const why = whySkipped(name);
    if (why !== undefined) process.stdout.write(`skipped: ${name}: ${why}\n`);
  }
  for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
});
