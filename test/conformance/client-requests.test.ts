import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';

/** The form that SDKs of generation 2 upload with: the file last, after what it belongs to. */
const uploadForm = (more: Readonly<Record<string, string>>): string =>
  Object.entries({ tableName: 'persons', columnName: 'scan', ...more })
    .map(([name, text]) => `--b1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`)
    .join('') +
  '--b1\r\nContent-Disposition: form-data; name="file"; filename="b.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--b1--\r\n';

/**
 * Requests that clients written by others send, as facts of their code: in this order, on one vault. `ID` in a request is
 * the id that the first insert gave, `SECOND` that of its second record. Nothing of their code stands here.
 */
const requests: readonly {
  readonly client: string;
  readonly what: string;
  readonly send: readonly [method: string, path: string, body?: string];
  readonly status: number;
  readonly answer: RegExp;
}[] = [
  {
    client: 'the Go loader',
    what: 'inserts in bulk, with continueOnError that the endpoint does not know',
    send: [
      'POST',
      '/v1/vaults/v1/persons',
      '{"records":[{"fields":{"ssn":"a"},"tokens":{"ssn":"tok_a"}},{"fields":{"ssn":"b"},"tokens":{"ssn":"tok_b"}}],"tokenization":true,"byot":"ENABLE","continueOnError":true}',
    ],
    status: 200,
    answer: /^\{"records":\[\{"skyflow_id":"[^"]+","tokens":\{"ssn":"tok_a"\}\},/,
  },
  {
    client: 'the Go loader',
    what: 'asks for 300 records a page when it clears, and deletes what it gets',
    send: ['GET', '/v1/vaults/v1/persons?limit=300&offset=0'],
    status: 200,
    answer: /"skyflow_id".*"skyflow_id"/,
  },
  {
    client: 'SDKs of generation 2 (node, go, python)',
    what: 'get by ids with an empty column_name and repeated ids',
    send: ['GET', '/v1/vaults/v1/persons?skyflow_ids=ID&column_name=&redaction=PLAIN_TEXT'],
    status: 200,
    answer: /"ssn":"a"/,
  },
  {
    client: 'skyflow-python',
    what: 'inserts record by record and expects Status 400 of a duplicate',
    send: [
      'POST',
      '/v1/vaults/v1',
      '{"records":[{"method":"POST","tableName":"persons","fields":{"ssn":"a"},"tokenization":true},{"method":"POST","tableName":"persons","fields":{"ssn":"c"},"tokenization":true}],"continueOnError":true}',
    ],
    status: 200,
    answer: /"Status":400,"Body":\{"error":"[^"]*unique constraint violation"\}\},\{"Status":200/,
  },
  {
    client: 'skyflow-python',
    what: 'inserts without tokenization and takes an absent key for no tokens',
    send: [
      'POST',
      '/v1/vaults/v1',
      '{"records":[{"method":"POST","tableName":"persons","fields":{"ssn":"d"}}],"continueOnError":true}',
    ],
    status: 200,
    answer: /"records":\[\{"skyflow_id":"[^"]+"\}\]/,
  },
  {
    client: 'skyflow-node 1.10',
    what: 'inserts and reads back in one request, by a reference',
    send: [
      'POST',
      '/v1/vaults/v1',
      '{"records":[{"method":"POST","tableName":"persons","fields":{"ssn":"e"},"quorum":true},{"method":"GET","tableName":"persons","ID":"$responses.0.records.0.skyflow_id","tokenization":true}]}',
    ],
    status: 200,
    answer: /"responses":\[\{"records":\[\{"skyflow_id":"[^"]+"\}\]\},\{"fields":\{.*"ssn":"[^"]+"/,
  },
  {
    client: 'skyflow-go',
    what: 'detokenizes with a redaction for each token, and reads values as texts',
    send: [
      'POST',
      '/v1/vaults/v1/detokenize',
      '{"detokenizationParameters":[{"token":"tok_a","redaction":"PLAIN_TEXT"},{"token":"nobody","redaction":"PLAIN_TEXT"}],"continueOnError":true}',
    ],
    status: 207,
    answer: /"value":"a".*"error":"Token Not Found/i,
  },
  {
    client: 'skyflow-node 1.14',
    what: 'uploads a file into a column of a record as a form',
    send: [
      'POST',
      '/v1/vaults/v1/persons/ID/files',
      '--x\r\nContent-Disposition: form-data; name="scan"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--x--\r\n',
    ],
    status: 200,
    answer: /^\{"skyflow_id":"ID"\}$/,
  },
  {
    client: 'skyflow-python 2',
    what: 'uploads a file by the route below /v2 into a record that the form names',
    send: [
      'POST',
      '/v2/vaults/v1/files/upload',
      uploadForm({ skyflowID: 'SECOND', returnFileMetadata: 'false' }),
    ],
    status: 200,
    answer: /^\{"skyflowID":"SECOND","fileMetadata":null\}$/,
  },
  {
    client: 'skyflow-python 2',
    what: 'reads that file by its column',
    send: ['GET', '/v1/vaults/v1/persons/SECOND?redaction=PLAIN_TEXT'],
    status: 200,
    answer: /"scan":"b\.pdf"/,
  },
  {
    client: 'skyflow-python 2',
    what: 'uploads a file without an id: a record is made for it',
    send: ['POST', '/v2/vaults/v1/files/upload', uploadForm({})],
    status: 200,
    answer: /^\{"skyflowID":"[0-9a-f-]{36}","fileMetadata":null\}$/,
  },
  {
    client: 'skyflow-python 2',
    what: 'uploads into a record that is not there, which is refused',
    send: ['POST', '/v2/vaults/v1/files/upload', uploadForm({ skyflowID: 'nobody' })],
    status: 404,
    answer: /isn't a valid Skyflow ID/,
  },
  {
    client: 'skyflow-python 2',
    what: 'deletes a file by a route that is not emulated, which is said',
    send: ['DELETE', '/v1/vaults/v1/persons/ID/files/scan'],
    status: 501,
    answer: /not emulated: DELETE of one file/,
  },
  {
    client: 'skyflow-node 2',
    what: 'deletes one record by its path without a body',
    send: ['DELETE', '/v1/vaults/v1/persons/ID'],
    status: 200,
    answer: /"deleted":true/,
  },
  {
    client: 'the Go loader',
    what: 'clears by deleting the ids of a page in one request, and counts what is answered',
    send: ['DELETE', '/v1/vaults/v1/persons', '{"skyflow_ids":["SECOND"]}'],
    status: 200,
    answer: /^\{"RecordIDResponse":\["SECOND"\]\}$/,
  },
  {
    client: 'skyflow-java v3 and the python client of Flow vaults',
    what: 'insert with the upsert at the top, and read records by position',
    send: [
      'POST',
      '/v2/records/insert',
      '{"vaultID":"v1","tableName":"persons","records":[{"data":{"ssn":"b"}},{"data":{"ssn":"f"}}],"upsert":{"updateType":"UPDATE","uniqueColumns":["ssn"]}}',
    ],
    status: 200,
    answer:
      /^\{"records":\[\{"skyflowID":"[^"]+","tokens":\{"ssn":\[\{"token":"[^"]+","tokenGroupName":"[^"]+"\}\]\}/,
  },
  {
    client: 'the python client of Flow vaults',
    what: 'tokenizes a value under a token of its own',
    send: [
      'POST',
      '/v2/tokens/tokenize',
      '{"vaultID":"v1","data":[{"value":"g","tokenGroupNames":["deterministic_string"],"token":"own"}]}',
    ],
    status: 200,
    answer: /"token":"own","tokenGroupName":"deterministic_string"/,
  },
];

test('requests that other clients send get the answers that they read', async (t) => {
  const sandbox = await startVaultSandbox({ uniqueColumns: ['ssn'] });
  let ids: readonly string[] = [];
  try {
    for (const { client, what, send, status, answer } of requests) {
      await t.test(`${client}: ${what}`, async () => {
        const [method, path, body = null] = send;
        const headers = { authorization: 'Bearer any', 'content-type': 'application/json' };
        const [first = '', second = ''] = ids;
        const named = (words: string): string =>
          words.replace(/\bSECOND\b/g, second).replace(/\/ID\b|=ID\b/g, (at) => at.replace('ID', first));
        const sent = body === null ? null : named(body);
        const got = await fetch(sandbox.url + named(path), { method, headers, body: sent });
        const answered = await got.text();
        if (ids.length === 0)
          ids = [...answered.matchAll(/"skyflow_id":"([^"]+)"/g)].map(([, id]) => id ?? '');
        const text = [
          [first, 'ID'],
          [second, 'SECOND'],
        ].reduce((words, [id = '', name = '']) => (id === '' ? words : words.replaceAll(id, name)), answered);
        assert.equal(got.status, status, text);
        assert.match(text, answer);
      });
    }
  } finally {
    await sandbox.close();
  }
});
