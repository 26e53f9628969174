import { once } from 'node:events';
import { openSnowflakeSource } from '../../../src/source/snowflake/snowflake-source.js';

// Prints every row of a query's result from a row on, as soon as it has it; pauses at a row until a line comes.
const [accessUrl = '', queryId = '', start = '0', pauseAt = '-1', watchdogMs = '60000'] =
  process.argv.slice(2);
const source = openSnowflakeSource({
  vaultName: 'SSN',
  column: 'ssn',
  connection: {
    access_url: accessUrl,
    account: 'sandbox',
    user: 'loader',
    authenticator: 'snowflake',
    password: 'sandbox-password',
    warehouse: 'SANDBOX_WH',
    database: 'SKYFLOW_DEMO',
    schema: 'PUBLIC',
    proxy: {},
  },
  query: { mode: 'simple' },
  snapshot: 'result',
  keepSnapshot: false,
  queryId,
  fetchSize: 10,
  runId: 'reader',
  statementTimeoutSeconds: 60,
  watchdogMs: Number(watchdogMs),
  onQuerySubmitted: () => Promise.reject(new Error('a query was submitted')),
  onNotice: () => undefined,
});
const cursor = await source.open(new AbortController().signal);
for (let at = Number(start); ;) {
  const batch = await cursor.read({ start: at, end: Infinity }, 50);
  if (batch === undefined) break;
  for (const [index, value] of batch.values.entries()) {
    process.stdout.write(`${batch.start + index} ${value} ${batch.tokens[index] ?? ''}\n`);
  }
  at = batch.end;
  if (at === Number(pauseAt)) {
    process.stdout.write('paused\n');
    await once(process.stdin, 'data');
  }
}
await cursor.close();
await source.finish?.({ completed: false });
// The driver may still be trying to fetch what was given up. What was printed may still be on its way.
process.stdout.write('', () => process.exit());
