import { figure } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { renderColumns } from '../measure/table.js';
import { simulateJournal } from './simulate-journal.js';

const reopenedSchema = z.object({ cpuMs: z.number(), rssBytes: z.int(), settled: z.int(), inDoubt: z.int() });

/** For each number of rows a simulated journal: its size, and what a fresh process takes to read it. */
export async function measureJournal(
  sizes: readonly number[],
  style: 'markdown' | 'text',
  progress: (line: string) => void,
): Promise<string> {
  const rows: string[][] = [];
  for (const size of sizes) {
    const folder = await mkdtemp(join(tmpdir(), 'journal-simulated-'));
    try {
      const { mostRanges } = await simulateJournal(folder, size);
      const reopened = await reopen(folder);
      const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
      rows.push([
        ...[String(size), mb(await journalBytes(folder)), String(mostRanges)],
        ...[(reopened.cpuMs / 1000).toFixed(1), mb(reopened.rssBytes), String(reopened.inDoubt)],
      ]);
      progress(`${formatCount(size)} rows: read again with ${(reopened.cpuMs / 1000).toFixed(1)} s of CPU`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const headings = ['Rows', 'Journal MB', 'Ranges', 'Read again, CPU s', 'Resident MB', 'Answer unknown'];
  return renderColumns(headings.map(figure), rows, style);
}

async function reopen(folder: string): Promise<z.infer<typeof reopenedSchema>> {
  const child = fork(join(import.meta.dirname, 'reopen-journal.js'), [folder]);
  const ended = once(child, 'exit');
  const [message] = (await once(child, 'message')) as [unknown];
  await ended;
  return reopenedSchema.parse(message);
}

async function journalBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => /^journal_.*\.log$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
