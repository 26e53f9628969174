import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { loadAlone } from '../lone-child/load-alone.js';
import type { Measured } from './limits.js';

const records = 600;
const value = 'x'.repeat(1_000_000);

/**
 * What a child needs for values of a megabyte with the defaults: what is in flight is bounded by bytes. Were it bounded
 * by count alone, all of these would be, as values and as bodies.
 */
export async function countLarge(
  vaultUrl: string,
  folder: string,
  stopping: AbortSignal,
): Promise<Pick<Measured, 'peak MB of a child, 600 records of 1 MB'>> {
  const dataDirectory = join(folder, 'large');
  await mkdir(dataDirectory);
  await writeColumn(join(dataDirectory, 'name_data.csv'), 'full_name', (row) => `${row}${value}`);
  await writeColumn(join(dataDirectory, 'name_tokens.csv'), 'full_name_token', (row) => `t${row}`);
  const { result } = await loadAlone({
    ...{ vaultUrl, dataDirectory, stopping },
    runDirectory: join(folder, 'large-run'),
    batchSize: 300,
    workers: 32,
  });
  return { 'peak MB of a child, 600 records of 1 MB': result.snapshot.rss_bytes / 1_000_000 };
}

async function writeColumn(path: string, header: string, cell: (row: number) => string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.write(`${header}\n`);
  for (let row = 0; row < records; row += 1) await file.write(`${cell(row)}\n`);
}
