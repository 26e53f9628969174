import { test } from 'node:test';
import { sendFacts, type ClientFact } from './client-facts.js';

/** What the SDKs of generation 2 send: each says what is not asked for in another way. */
const requests: readonly ClientFact[] = [
  {
    client: 'skyflow-node 2',
    what: 'inserts in bulk, tokens for some of the records, nothing about upsert',
    send: [
      'POST',
      '/v1/vaults/v1/persons',
      '{"records":[{"fields":{"ssn":"n1"},"tokens":{"ssn":"tok_n1"}},{"fields":{"ssn":"n2"}}],"tokenization":true,"byot":"ENABLE"}',
    ],
    status: 200,
    answer:
      /^\{"records":\[\{"skyflow_id":"[^"]+","tokens":\{"ssn":"tok_n1"\}\},\{"skyflow_id":"[^"]+","tokens":\{"ssn":"[^"]+"\}\}\]\}$/,
  },
  {
    client: 'skyflow-node 2',
    what: 'inserts record by record and takes a Status that is the number 200 for success',
    send: [
      'POST',
      '/v1/vaults/v1',
      '{"records":[{"fields":{"ssn":"n3"},"tableName":"persons","tokenization":true,"method":"POST"},{"fields":{"ssn":"n1"},"tableName":"persons","tokenization":true,"method":"POST"}],"continueOnError":true}',
    ],
    status: 200,
    answer:
      /"responses":\[\{"Status":200,"Body":\{"records":\[\{"skyflow_id":"[^"]+","tokens":\{"ssn":"[^"]+"\}\}\]\}\},\{"Status":400,"Body":\{"error":"[^"]+"\}\}\]/,
  },
  {
    client: 'skyflow-node 2',
    what: 'upserts in bulk',
    send: [
      'POST',
      '/v1/vaults/v1/persons',
      '{"records":[{"fields":{"ssn":"n2"}}],"tokenization":true,"upsert":"ssn","byot":"DISABLE"}',
    ],
    status: 200,
    answer: /"skyflow_id":"SECOND"/,
  },
  {
    client: 'skyflow-node 2',
    what: 'gets by ids, repeated, with an empty column_name',
    send: [
      'GET',
      '/v1/vaults/v1/persons?skyflow_ids=FIRST&skyflow_ids=SECOND&redaction=PLAIN_TEXT&column_name=',
    ],
    status: 200,
    answer: /"ssn":"n1".*"ssn":"n2"/,
  },
  {
    client: 'skyflow-node 2',
    what: 'gets by unique values, repeated',
    send: [
      'GET',
      '/v1/vaults/v1/persons?redaction=PLAIN_TEXT&column_name=ssn&column_values=n1&column_values=n2',
    ],
    status: 200,
    answer: /"ssn":"n1".*"ssn":"n2"/,
  },
  {
    client: 'skyflow-node 2',
    what: 'detokenizes with redaction DEFAULT where none is said, and without continueOnError',
    send: [
      'POST',
      '/v1/vaults/v1/detokenize',
      '{"detokenizationParameters":[{"token":"tok_n1","redaction":"DEFAULT"}]}',
    ],
    status: 200,
    answer: /^\{"records":\[\{"token":"tok_n1","valueType":"STRING","value":"[^"]+","error":null\}\]\}$/,
  },
  {
    client: 'skyflow-node 2',
    what: 'updates a record, byot DISABLE said',
    send: [
      'PUT',
      '/v1/vaults/v1/persons/FIRST',
      '{"record":{"fields":{"ssn":"n4"}},"tokenization":true,"byot":"DISABLE"}',
    ],
    status: 200,
    answer: /^\{"skyflow_id":"FIRST","tokens":\{"ssn":"[^"]+"\}\}$/,
  },
  {
    client: 'skyflow-node 2',
    what: 'asks a query and reads fields',
    send: ['POST', '/v1/vaults/v1/query', `{"query":"SELECT * FROM persons WHERE ssn='n4'"}`],
    status: 200,
    answer: /^\{"records":\[\{"fields":\{[^}]*"ssn":"n4"/,
  },
  {
    client: 'skyflow-node 2',
    what: 'tokenizes values of a column group',
    send: [
      'POST',
      '/v1/vaults/v1/tokenize',
      '{"tokenizationParameters":[{"value":"n4","columnGroup":"group"}]}',
    ],
    status: 200,
    answer: /^\{"records":\[\{"token":"[^"]+"\}\]\}$/,
  },
  {
    client: 'skyflow-node 2',
    what: 'deletes by ids and reads those that are gone',
    send: ['DELETE', '/v1/vaults/v1/persons', '{"skyflow_ids":["FIRST"]}'],
    status: 200,
    answer: /^\{"RecordIDResponse":\["FIRST"\]\}$/,
  },
  {
    client: 'skyflow-go 2',
    what: 'inserts in bulk with an empty upsert and byot always said',
    send: [
      'POST',
      '/v1/vaults/v1/persons',
      '{"records":[{"fields":{"ssn":"g1"},"tokens":{"ssn":"tok_g1"}},{"fields":{"ssn":"g2"}}],"tokenization":true,"upsert":"","byot":"ENABLE"}',
    ],
    status: 200,
    answer:
      /^\{"records":\[\{"skyflow_id":"[^"]+","tokens":\{"ssn":"tok_g1"\}\},\{"skyflow_id":"[^"]+","tokens":\{"ssn":"[^"]+"\}\}\]\}$/,
  },
  {
    client: 'skyflow-go 2',
    what: 'inserts record by record with an empty upsert and tells by skyflow_id what went in',
    send: [
      'POST',
      '/v1/vaults/v1',
      '{"records":[{"fields":{"ssn":"g3"},"tableName":"persons","method":"POST","tokenization":false,"upsert":""},{"fields":{"ssn":"g1"},"tableName":"persons","method":"POST","tokenization":false,"upsert":""}],"continueOnError":true,"byot":"DISABLE"}',
    ],
    status: 200,
    answer:
      /"Body":\{"records":\[\{"skyflow_id":"[^"]+"\}\]\}\},\{"Status":400,"Body":\{"error":"[^"]+"\}\}\]/,
  },
  {
    client: 'skyflow-go 2',
    what: 'upserts in bulk, tokenization false said',
    send: [
      'POST',
      '/v1/vaults/v1/persons',
      '{"records":[{"fields":{"ssn":"n2"}}],"tokenization":false,"upsert":"ssn","byot":"DISABLE"}',
    ],
    status: 200,
    answer: /^\{"records":\[\{"skyflow_id":"SECOND","tokens":null\}\]\}$/,
  },
  {
    client: 'skyflow-go 2',
    what: 'gets by ids, tokenization false said',
    send: ['GET', '/v1/vaults/v1/persons?skyflow_ids=SECOND&redaction=PLAIN_TEXT&tokenization=false'],
    status: 200,
    answer: /"fields":\{"skyflow_id":"SECOND","ssn":"n2"\}/,
  },
  {
    client: 'skyflow-go 2',
    what: 'gets tokens, without a redaction',
    send: ['GET', '/v1/vaults/v1/persons?skyflow_ids=SECOND&tokenization=true'],
    status: 200,
    answer: /"fields":\{"skyflow_id":"SECOND","ssn":"[0-9a-f-]{36}"\}/,
  },
  {
    client: 'skyflow-go 2',
    what: 'detokenizes: an error that is not null tells the unknown token',
    send: [
      'POST',
      '/v1/vaults/v1/detokenize',
      '{"continueOnError":true,"detokenizationParameters":[{"token":"tok_g1","redaction":"PLAIN_TEXT"},{"token":"nobody","redaction":"DEFAULT"}]}',
    ],
    status: 207,
    answer: /"value":"g1","error":null\},.*"error":"Token Not Found/i,
  },
  {
    client: 'skyflow-go 2',
    what: 'detokenizes without continueOnError, which an unknown token refuses as a whole',
    send: [
      'POST',
      '/v1/vaults/v1/detokenize',
      '{"continueOnError":false,"detokenizationParameters":[{"token":"tok_g1","redaction":"PLAIN_TEXT"},{"token":"nobody","redaction":"DEFAULT"}]}',
    ],
    status: 404,
    answer: /^\{"error":\{"grpc_code":5,"http_code":404,/,
  },
  {
    client: 'skyflow-go 2',
    what: 'deletes by ids, of which one is not there',
    send: ['DELETE', '/v1/vaults/v1/persons', '{"skyflow_ids":["nobody"]}'],
    status: 404,
    answer: /"error"/,
  },
  {
    client: 'skyflow-python 2',
    what: 'inserts in bulk with null for what is not said',
    send: [
      'POST',
      '/v1/vaults/v1/persons',
      '{"records":[{"fields":{"ssn":"p1"},"tokens":{"ssn":"tok_p1"}},{"fields":{"ssn":"p2"},"tokens":null}],"tokenization":true,"upsert":null,"homogeneous":false,"byot":"ENABLE"}',
    ],
    status: 200,
    answer:
      /^\{"records":\[\{"skyflow_id":"[^"]+","tokens":\{"ssn":"tok_p1"\}\},\{"skyflow_id":"[^"]+","tokens":\{"ssn":"[^"]+"\}\}\]\}$/,
  },
  {
    client: 'skyflow-python 2',
    what: 'inserts record by record with null for what is not said',
    send: [
      'POST',
      '/v1/vaults/v1',
      '{"records":[{"fields":{"ssn":"p3"},"tableName":"persons","method":"POST","tokenization":true,"upsert":null,"tokens":null}],"continueOnError":true,"byot":"DISABLE"}',
    ],
    status: 200,
    answer: /"Status":200,"Body":\{"records":\[\{"skyflow_id":"[^"]+","tokens":\{"ssn":"[^"]+"\}\}\]\}/,
  },
  {
    client: 'skyflow-python 2',
    what: 'upserts in bulk',
    send: [
      'POST',
      '/v1/vaults/v1/persons',
      '{"records":[{"fields":{"ssn":"n2"},"tokens":null}],"tokenization":true,"upsert":"ssn","homogeneous":null,"byot":"DISABLE"}',
    ],
    status: 200,
    answer: /"skyflow_id":"SECOND"/,
  },
  {
    client: 'skyflow-python 2',
    what: 'gets by ids, and reads fields alone',
    send: ['GET', '/v1/vaults/v1/persons?skyflow_ids=SECOND&redaction=PLAIN_TEXT&tokenization=false'],
    status: 200,
    answer: /"ssn":"n2"/,
  },
  {
    client: 'skyflow-python 2',
    what: 'detokenizes with null for what is not said',
    send: [
      'POST',
      '/v1/vaults/v1/detokenize',
      '{"detokenizationParameters":[{"token":"tok_p1","redaction":"PLAIN_TEXT"}],"downloadURL":null,"continueOnError":false}',
    ],
    status: 200,
    answer: /"token":"tok_p1","valueType":"STRING","value":"p1","error":null/,
  },
  {
    client: 'generated clients of all three',
    what: 'deletes one record by its path without a body',
    send: ['DELETE', '/v1/vaults/v1/persons/SECOND'],
    status: 200,
    answer: /"deleted":true/,
  },
  {
    client: 'skyflow-python 2',
    what: 'deletes all by a star',
    send: ['DELETE', '/v1/vaults/v1/persons', '{"skyflow_ids":["*"]}'],
    status: 200,
    answer: /^\{"RecordIDResponse":\["\*"\]\}$/,
  },
];

test('requests that SDKs of generation 2 send get the answers that they read', (t) => sendFacts(t, requests));
