import { openCsvSource } from '../../src/source/csv/csv-source.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import { createVaultClient } from '../../src/vault/create-vault-client.js';
import { reportUsage } from './report-usage.js';

/**
 * The pipeline without journal, metrics, pacing and retries, and without the pass before the first request: CSV
 * pair, batches, requests, judged answers. Arguments: URL, data directory, batch size, workers.
 */
const [vaultUrl = '', directory = '', batchSize = '', workers = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const source = openCsvSource({
  vaultName: 'NAME',
  dataFile: `${directory}/name_data.csv`,
  tokenFile: `${directory}/name_tokens.csv`,
  valueHeader: 'full_name',
  tokenHeader: 'full_name_token',
  delimiter: ',',
  encoding: 'utf8',
  precount: false,
});
const client = await createVaultClient({
  vaultUrl,
  vaultId: 'v',
  table: 'name',
  column: 'name',
  byot: 'ENABLE',
  upsert: false,
  wire: 'bulk',
  connections: Number(workers),
  httpVersion: '1.1',
  proxy: {},
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  credential: new StaticCredential('t'),
});
const cursor = await source.open(signal);
let turn: Promise<unknown> = Promise.resolve();
let uploaded = 0;

await Promise.all(Array.from({ length: Number(workers) }, work));
reportUsage({ uploaded });
await cursor.close();
await client.close();

async function work(): Promise<void> {
  for (;;) {
    const read = turn.then(() => cursor.read({ start: 0, end: Infinity }, Number(batchSize)));
    turn = read;
    const batch = await read;
    if (batch === undefined) return;
    const { answer } = await client.insert(client.encode(batch), { signal });
    if (answer.kind !== 'judged') throw new Error(`the sink answered with ${answer.kind}`);
    uploaded += batch.values.length - answer.failures.length - answer.doubtful.length;
  }
}
