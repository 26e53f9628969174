import { Pool } from 'undici';
import { reportUsage } from './report-usage.js';

/**
 * The limit: undici posts bodies that were built beforehand, and every answer is parsed. Arguments: URL, records,
 * batch size, workers.
 */
const [url = '', records = '', batchSize = '', workers = ''] = process.argv.slice(2);
const size = Number(batchSize);
const bodies = Array.from({ length: 64 }, (_, batch) => bodyOf(batch * size, size));
const pool = new Pool(url, { connections: Number(workers), pipelining: 1 });
const started = process.cpuUsage();
let left = Math.ceil(Number(records) / size);
let uploaded = 0;

await Promise.all(Array.from({ length: Number(workers) }, work));
reportUsage({ uploaded, startedAt: started });
await pool.destroy();

async function work(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const answer = await post(bodies[left % bodies.length] ?? Buffer.alloc(0));
    for (const record of (JSON.parse(answer.toString()) as { records: { skyflow_id?: string }[] }).records) {
      if (record.skyflow_id !== undefined) uploaded += 1;
    }
  }
}

function post(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const headers = ['authorization', 'Bearer t', 'content-type', 'application/json'];
    pool.dispatch(
      { path: '/v1/vaults/v/name', method: 'POST', headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve(Buffer.concat(chunks)),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

/** As long as the mock records of the loads beside it. */
function bodyOf(first: number, count: number): Buffer {
  const parts = Array.from({ length: count }, (_, index) => {
    const digits = String(first + index).padStart(7, '0');
    const value = `Margaret Hernandez_1763800000_${digits}a1b2c3d4e`;
    const token = `tok_name_1763800000_${digits}0123456789abcdef012345678`;
    return `{"fields":{"name":"${value}"},"tokens":{"name":"${token}"}}`;
  });
  return Buffer.from(`{"records":[${parts.join(',')}],"tokenization":true,"byot":"ENABLE"}`);
}
