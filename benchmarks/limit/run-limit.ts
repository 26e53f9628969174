import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { generateCsvPairs } from '../../src/generate/generate-csv-pairs.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import type { Usage } from './report-usage.js';

const help = `bench:limit: the child against the limit, in CPU per record (user + system, start-up included)

  undici       bodies built beforehand, answers parsed
  pipeline     CSV pair, batches, requests, judged answers; no journal, metrics, pacing, retries, no first pass
  product      a whole load; the figures are its child's, first pass over both files included

Options: --records N (2,000,000)  --rounds N (5)  --batch-size N (300)  --workers N (32)  --only NAME[,NAME]
         --markdown
`;

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '5' },
    'batch-size': { type: 'string', default: '300' },
    workers: { type: 'string', default: '32' },
    only: { type: 'string', default: 'undici,pipeline,product' },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(help);
else await main();

async function main(): Promise<void> {
  const contenders = values.only.split(',');
  const records = Number(values.records);
  const directory = await mkdtemp(join(tmpdir(), 'skyflow-supervise-limit-'));
  const sink = spawn(process.execPath, [script('sink')], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [url] = (await once(createInterface(sink.stdout), 'line')) as [string];
    const files = { valueHeader: 'full_name', tokenHeader: 'full_name_token' };
    await generateCsvPairs({
      directory: join(directory, 'data'),
      count: records,
      vaults: [{ name: 'NAME', dataFile: 'name_data.csv', tokenFile: 'name_tokens.csv', ...files }],
      force: false,
      signal: new AbortController().signal,
    });
    await writeFile(join(directory, 'config.json'), configuration(url), { mode: 0o600 });
    const runs = new Map<string, Usage[]>(contenders.map((name) => [name, []]));
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const name of contenders) {
        const usage = await run(name, { url, directory, records });
        if (usage.uploaded < records) throw new Error(`${name} uploaded ${usage.uploaded} of ${records}`);
        runs.get(name)?.push(usage);
        process.stderr.write(`round ${round + 1}: ${describe(name, [usage], records)}\n`);
      }
    }
    process.stdout.write(`${table(runs, records)}\n`);
  } finally {
    sink.stdin.end();
    await rm(directory, { recursive: true, force: true });
  }
}

function configuration(vaultUrl: string): string {
  return JSON.stringify({
    skyflow: {
      vault_url: vaultUrl,
      bearer_token: 't',
      vaults: [{ name: 'NAME', id: 'v', column: 'name' }],
    },
    csv: { data_directory: 'data' },
    performance: { max_records: 0, append_suffix: false },
  });
}

interface Setting {
  readonly url: string;
  readonly directory: string;
  readonly records: number;
}

async function run(name: string, { url, directory, records }: Setting): Promise<Usage> {
  const size = values['batch-size'];
  switch (name) {
    case 'undici':
      return JSON.parse(
        await output([script('raw-undici'), url, String(records), size, values.workers]),
      ) as Usage;
    case 'pipeline':
      return JSON.parse(
        await output([script('bare-pipeline'), url, join(directory, 'data'), size, values.workers]),
      ) as Usage;
    case 'product': {
      const program = join(import.meta.dirname, '../../supervisor/main.js');
      const summary = JSON.parse(
        await output([program, '--json', '--batch-size', size, '--concurrency', values.workers], directory),
      ) as RunSummary;
      const [vault] = summary.vaults;
      if (vault === undefined) throw new Error('the load has no vault');
      const { uploaded, cpu_ms: cpuMs, timed_wall_ms: wallMs, rss_bytes: peakRssBytes } = vault;
      return { uploaded, cpuMs, wallMs, peakRssBytes };
    }
    default:
      throw new Error(`no contender is called ${name}`);
  }
}

function script(name: string): string {
  return join(import.meta.dirname, `${name}.js`);
}

/** What a Node program prints on its standard output; rejects when it fails. */
async function output(args: readonly string[], cwd?: string): Promise<string> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${errors}`);
  return text;
}

function describe(name: string, usages: readonly Usage[], records: number): string {
  const cpuUs = spread(usages.map(({ cpuMs }) => (cpuMs * 1000) / records));
  const rate = spread(
    usages.map(({ wallMs }) => (records / wallMs) * 1000),
    0,
  );
  const rss = spread(
    usages.map(({ peakRssBytes }) => peakRssBytes / 2 ** 20),
    0,
  );
  return `${name.padEnd(9)} ${cpuUs} µs CPU/record   ${rate} records/s   ${rss} MB`;
}

function table(runs: ReadonlyMap<string, readonly Usage[]>, records: number): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const lines = [
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${availableParallelism()} × ${model}`,
    `${records} records, batches of ${values['batch-size']}, ${values.workers} workers; median (min-max)`,
  ];
  for (const [name, usages] of runs) lines.push(describe(name, usages, records));
  const base = runs.get('undici');
  for (const [name, usages] of runs) {
    if (base === undefined || name === 'undici') continue;
    const ratios = usages.map(({ cpuMs }, round) => cpuMs / (base[round]?.cpuMs ?? Number.NaN));
    lines.push(`${name} / undici: ${spread(ratios)}`);
  }
  return lines.join('\n');
}

function spread(figures: readonly number[], digits = 2): string {
  const sorted = [...figures].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const text = (figure: number | undefined): string => (figure ?? Number.NaN).toFixed(digits);
  return sorted.length < 2 ? text(median) : `${text(median)} (${text(sorted[0])}-${text(sorted.at(-1))})`;
}
