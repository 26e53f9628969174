import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '../support/temporary-folder.js';

const reader = fileURLToPath(new URL('./processes/read-error-log.js', import.meta.url));
const entries = 5_600;
const recordsEach = 100;

/** Some 50 MB, pretty-printed, in which what has to be looked up alternates with what has not. */
async function writeLog(file: string): Promise<void> {
  const out = createWriteStream(file);
  out.write('{\n "vault_name": "SSN",\n "vault_id": "vault-ssn",\n "column": "ssn",\n "errors": [\n');
  for (let at = 0; at < entries; at += 1) {
    const records = Array.from({ length: recordsEach }, (_, record) => ({
      Value: `value ${'x'.repeat(40)} ${at}-${record}`,
      Token: `token ${at}-${record}`,
    }));
    const reason = at % 2 === 0 ? 'rejected' : 'in_doubt';
    const entry = { batch_number: at, records, error: 'it failed', status_code: 400, reason };
    const text = `${at === 0 ? '' : ','}${JSON.stringify(entry, undefined, 2)}`;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end(` ],\n "total_errors": ${entries},\n "failed_records": ${entries * recordsEach}\n}\n`);
  await once(out, 'finish');
}

test('a log of 50 MB is read with a heap of 24 MB', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'log.json');
  await writeLog(file);
  assert.ok((await stat(file)).size > 48e6, 'the log is large');
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=24', reader, file]);
  assert.deepEqual(JSON.parse(stdout), {
    rows: entries * recordsEach,
    doubtful: { start: (entries * recordsEach) / 2, end: entries * recordsEach },
    records: entries * recordsEach,
  });
});
