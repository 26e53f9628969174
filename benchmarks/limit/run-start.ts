import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { generateCsvPairs } from '../../src/generate/generate-csv-pairs.js';

const help = `bench:start: from the start of \`skyflow-supervise --all\` with four vaults to their first requests

Options: --rounds N (10)
`;

const vaultNames = ['NAME', 'ID', 'DOB', 'SSN'];
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, help: { type: 'boolean', default: false } },
});
if (values.help) process.stdout.write(help);
else await main(Number(values.rounds));

async function main(rounds: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'skyflow-supervise-start-'));
  const firsts: number[] = [];
  const alls: number[] = [];
  try {
    await generateCsvPairs({
      directory: join(directory, 'data'),
      count: 300,
      vaults: vaultNames
        .map((name) => name.toLowerCase())
        .map((name) => ({
          name: name.toUpperCase(),
          dataFile: `${name}_data.csv`,
          tokenFile: `${name}_tokens.csv`,
          valueHeader: name === 'name' ? 'full_name' : name,
          tokenHeader: name === 'name' ? 'full_name_token' : `${name}_token`,
        })),
      force: false,
      signal: new AbortController().signal,
    });
    for (let round = 0; round < rounds; round += 1) {
      const [first, all] = await startOnce(directory);
      firsts.push(first);
      alls.push(all);
      process.stderr.write(`round ${round + 1}: first ${first} ms, all four ${all} ms\n`);
    }
    process.stdout.write(
      `to the first POST: ${describe(firsts)}\nto the first POST of all four: ${describe(alls)}\n`,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Milliseconds to the first request of any vault, and of the last one. */
async function startOnce(directory: string): Promise<[first: number, all: number]> {
  const sink = spawn(process.execPath, [join(import.meta.dirname, 'sink.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const times: number[] = [];
  const lines = createInterface(sink.stdout);
  const [url] = (await once(lines, 'line')) as [string];
  lines.on('line', (line) => times.push(Number(line.split(' ')[1])));
  await writeFile(
    join(directory, 'config.json'),
    JSON.stringify({
      skyflow: {
        vault_url: url,
        bearer_token: 't',
        vaults: vaultNames.map((name) => ({ name, id: `v-${name}`, column: name.toLowerCase() })),
      },
      csv: { data_directory: 'data' },
      performance: { append_suffix: false },
    }),
    { mode: 0o600 },
  );
  const startedAt = Date.now();
  const program = join(import.meta.dirname, '../../supervisor/main.js');
  const load = spawn(process.execPath, [program, '--all', '--json'], { cwd: directory, stdio: 'ignore' });
  const [code] = (await once(load, 'close')) as [number | null];
  sink.stdin.end();
  await once(sink, 'close');
  if (code !== 0 || times.length !== vaultNames.length) {
    throw new Error(`the load ended with ${code} after ${times.length} first requests`);
  }
  return [Math.min(...times) - startedAt, Math.max(...times) - startedAt];
}

function describe(durationsMs: readonly number[]): string {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  return `${sorted[Math.floor((sorted.length - 1) / 2)]} ms (${sorted[0]}-${sorted.at(-1)})`;
}
