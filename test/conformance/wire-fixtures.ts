/** One request to the vault and its answer, text for text as they travel. Ids and request ids are written as ID. */
export interface WireFixture {
  readonly what: string;
  readonly request: {
    readonly method: 'POST' | 'GET' | 'DELETE';
    readonly path: string;
    readonly body?: string;
  };
  readonly response: { readonly status: number; readonly body: string };
}

/** The vault, table and column of all fixtures, and the records of the inserts. */
export const target = { vaultId: 'v1', table: 'persons', column: 'ssn' } as const;
export const sent = { values: ['123-45-6789', 'a "quoted" 🙂'], tokens: ['tok_1', 'tok_2'] } as const;

const bulkRecords =
  '{"records":[' +
  '{"fields":{"ssn":"123-45-6789"},"tokens":{"ssn":"tok_1"}},' +
  '{"fields":{"ssn":"a \\"quoted\\" 🙂"},"tokens":{"ssn":"tok_2"}}]';
const bulkAnswer =
  '{"records":[' +
  '{"skyflow_id":"ID","tokens":{"ssn":"tok_1"}},' +
  '{"skyflow_id":"ID","tokens":{"ssn":"tok_2"}}]}';

export const bulkInsert: WireFixture = {
  what: 'an insert of many records into one table',
  request: {
    method: 'POST',
    path: '/v1/vaults/v1/persons',
    body: `${bulkRecords},"tokenization":true,"byot":"ENABLE"}`,
  },
  response: { status: 200, body: bulkAnswer },
};

export const bulkUpsert: WireFixture = {
  what: 'the same with upsert, which answers with the records that were there',
  request: {
    method: 'POST',
    path: '/v1/vaults/v1/persons',
    body: `${bulkRecords},"tokenization":true,"upsert":"ssn","byot":"ENABLE"}`,
  },
  response: { status: 200, body: bulkAnswer },
};

export const recordInsert: WireFixture = {
  what: 'an insert record by record, where each is taken or refused on its own',
  request: {
    method: 'POST',
    path: '/v1/vaults/v1',
    body:
      '{"records":[' +
      '{"method":"POST","tableName":"persons","fields":{"ssn":"123-45-6789"},"tokens":{"ssn":"tok_1"},"tokenization":true},' +
      '{"method":"POST","tableName":"persons","fields":{"ssn":"a \\"quoted\\" 🙂"},"tokens":{"ssn":"tok_2"},"tokenization":true}' +
      '],"continueOnError":true,"byot":"ENABLE"}',
  },
  response: {
    status: 200,
    body:
      '{"vaultID":"v1","responses":[' +
      '{"Status":400,"Body":{"error":"Insert failed. Column ssn: unique constraint violation"}},' +
      '{"Status":400,"Body":{"error":"Insert failed. Column ssn: unique constraint violation"}}]}',
  },
};

export const detokenize: WireFixture = {
  what: 'a lookup of tokens of which one is not known',
  request: {
    method: 'POST',
    path: '/v1/vaults/v1/detokenize',
    body:
      '{"detokenizationParameters":[' +
      '{"token":"tok_2","redaction":"PLAIN_TEXT"},' +
      '{"token":"tok_9","redaction":"PLAIN_TEXT"}],"continueOnError":true}',
  },
  response: {
    status: 207,
    body:
      '{"records":[' +
      '{"token":"tok_2","valueType":"STRING","value":"a \\"quoted\\" 🙂","error":null},' +
      '{"token":"tok_9","valueType":"NONE","value":"","error":"Token Not Found"}]}',
  },
};

const envelope = (grpcCode: number, code: number, status: string, message: string): string =>
  `{"error":{"grpc_code":${grpcCode},"http_code":${code},"http_status":"${status}","message":"${message}","details":[]}}`;

/** In this order they follow from each other, on an empty vault whose column is unique. */
export const conversation: readonly WireFixture[] = [
  bulkInsert,
  bulkUpsert,
  {
    what: 'a duplicate in a unique column, which refuses the whole request',
    request: bulkInsert.request,
    response: {
      status: 400,
      body: envelope(3, 400, 'Bad Request', 'Insert failed. Column ssn: unique constraint violation'),
    },
  },
  recordInsert,
  detokenize,
  {
    what: 'a page of records',
    request: { method: 'GET', path: '/v1/vaults/v1/persons?offset=1&limit=25&redaction=PLAIN_TEXT' },
    response: {
      status: 200,
      body: '{"records":[{"fields":{"skyflow_id":"ID","ssn":"a \\"quoted\\" 🙂"},"tokens":null}]}',
    },
  },
  {
    what: 'a count',
    request: {
      method: 'POST',
      path: '/v1/vaults/v1/query',
      body: '{"query":"SELECT COUNT(*) FROM persons"}',
    },
    response: { status: 200, body: '{"records":[{"fields":{"count":2}}]}' },
  },
  {
    what: 'a request without records',
    request: { method: 'POST', path: '/v1/vaults/v1/persons', body: '{"records":[]}' },
    response: { status: 400, body: envelope(3, 400, 'Bad Request', 'Invalid request. Records are missing') },
  },
  {
    what: 'the deletion of everything',
    request: { method: 'DELETE', path: '/v1/vaults/v1/persons', body: '{"skyflow_ids":["*"]}' },
    response: { status: 200, body: '{"RecordIDResponse":["*"]}' },
  },
  {
    what: 'a read of an empty table',
    request: { method: 'GET', path: '/v1/vaults/v1/persons?offset=0&limit=25' },
    response: { status: 404, body: envelope(5, 404, 'Not Found', 'No Records Found') },
  },
];
