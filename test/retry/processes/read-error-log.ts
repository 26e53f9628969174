import { fingerprintFile } from '../../../src/source/error-log/open-log.js';
import { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import { openErrorLogSource } from '../../../src/source/error-log/error-log-source.js';

/** Reads the log named on the command line to its end, as a child does, and prints what it found as JSON. */
const [path = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const { sha256 } = await fingerprintFile(path);
const source = openErrorLogSource({
  vault: { name: 'SSN', id: 'vault-ssn', table: 'ssn' },
  files: [{ path, fingerprint: sha256 }],
  fingerprints: Fingerprints.plain,
});
const { rows, doubtful } = await source.inspect(signal);
const cursor = await source.open(signal);
let records = 0;
for (let start = 0; ;) {
  const batch = await cursor.read({ start, end: Infinity }, 300);
  if (batch === undefined) break;
  records += batch.values.length;
  start = batch.end;
}
await cursor.close();
process.stdout.write(JSON.stringify({ rows, doubtful, records }));
