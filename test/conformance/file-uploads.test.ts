import { test } from 'node:test';
import { sendFacts, type ClientFact } from './client-facts.js';

const part = (name: string, text: string): string =>
  `--b1\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;

/** The form that SDKs of generation 2 upload with; what stands behind the file differs. */
const uploadForm = (
  before: Readonly<Record<string, string>>,
  behind: Readonly<Record<string, string>>,
): string =>
  [
    ...Object.entries({ tableName: 'persons', columnName: 'scan', ...before }).map((field) => part(...field)),
    '--b1\r\nContent-Disposition: form-data; name="file"; filename="b.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n',
    ...Object.entries(behind).map((field) => part(...field)),
    '--b1--\r\n',
  ].join('');

const uploads: readonly ClientFact[] = [
  {
    client: 'any of them',
    what: 'two records that files may belong to',
    send: ['POST', '/v1/vaults/v1/persons', '{"records":[{"fields":{"ssn":"a"}},{"fields":{"ssn":"b"}}]}'],
    status: 200,
    answer: /"records"/,
  },
  {
    client: 'skyflow-node 1.14',
    what: 'uploads a file into a column of a record as a form',
    send: [
      'POST',
      '/v1/vaults/v1/persons/FIRST/files',
      '--x\r\nContent-Disposition: form-data; name="scan"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--x--\r\n',
    ],
    status: 200,
    answer: /^\{"skyflow_id":"FIRST"\}$/,
  },
  {
    client: 'skyflow-python 2',
    what: 'uploads a file by the route below /v2 into a record that the form names',
    send: [
      'POST',
      '/v2/vaults/v1/files/upload',
      uploadForm({ skyflowID: 'SECOND', returnFileMetadata: 'false' }, {}),
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
    send: ['POST', '/v2/vaults/v1/files/upload', uploadForm({}, {})],
    status: 200,
    answer: /^\{"skyflowID":"[0-9a-f-]{36}","fileMetadata":null\}$/,
  },
  {
    client: 'skyflow-python 2',
    what: 'uploads into a record that is not there, which is refused',
    send: ['POST', '/v2/vaults/v1/files/upload', uploadForm({ skyflowID: 'nobody' }, {})],
    status: 404,
    answer: /isn't a valid Skyflow ID/,
  },
  {
    client: 'skyflow-python 2',
    what: 'deletes a file by a route that is not emulated, which is said',
    send: ['DELETE', '/v1/vaults/v1/persons/FIRST/files/scan'],
    status: 501,
    answer: /not emulated: DELETE of one file/,
  },
  {
    client: 'skyflow-node 2 and -go 2',
    what: 'name the record behind the file',
    send: [
      'POST',
      '/v2/vaults/v1/files/upload',
      uploadForm({}, { skyflowID: 'SECOND', returnFileMetadata: 'false' }),
    ],
    status: 200,
    answer: /^\{"skyflowID":"SECOND","fileMetadata":null\}$/,
  },
  {
    client: 'skyflow-go 2',
    what: 'uploads a file without an id, which it says as an empty one',
    send: ['POST', '/v2/vaults/v1/files/upload', uploadForm({}, { skyflowID: '' })],
    status: 200,
    answer: /^\{"skyflowID":"[0-9a-f-]{36}","fileMetadata":null\}$/,
  },
];

test('files that other clients send are taken by the forms that they send', (t) => sendFacts(t, uploads));
