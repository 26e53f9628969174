import { test } from 'node:test';
import { sendFacts, type ClientFact } from './client-facts.js';

const requests: readonly ClientFact[] = [
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

test('requests that other clients send get the answers that they read', (t) => sendFacts(t, requests));
