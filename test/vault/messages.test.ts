import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyStatus } from '../../src/vault/http-statuses.js';
import { readRequestId } from '../../src/outside/known-forms.js';
import { readErrorEnvelope } from '../../src/vault/error-envelope.js';
import { parseRetryAfter } from '../../src/vault/retry-after.js';
import { createScrubber } from '../../src/vault/scrub.js';

const asItIs = (text: string) => text;
const scrubberOf = (...values: string[]) => createScrubber(values);

test('each status has its kind', () => {
  const kinds = new Map<number, string>();
  for (const status of [
    200, 201, 207, 302, 400, 401, 403, 404, 405, 408, 409, 413, 422, 425, 429, 499, 500, 502, 503, 504, 529,
  ]) {
    kinds.set(status, classifyStatus(status, '').kind);
  }
  assert.deepEqual(Object.fromEntries(kinds), {
    200: 'accepted',
    201: 'accepted',
    207: 'accepted',
    302: 'denied',
    400: 'refused',
    401: 'unauthorized',
    403: 'denied',
    404: 'denied',
    405: 'refused',
    408: 'unavailable',
    409: 'refused',
    413: 'too_large',
    422: 'refused',
    425: 'unavailable',
    429: 'throttled',
    499: 'unavailable',
    500: 'unavailable',
    502: 'unavailable',
    503: 'throttled',
    504: 'unavailable',
    529: 'throttled',
  });
});

test('a 400 that complains about the size of the request is too large, one about a value is not', () => {
  for (const message of [
    'Request payload too large',
    'received message larger than max (5000000 vs. 4194304)',
    'number of records exceeds the limit of 200',
    'Too many records in the request',
    'maximum batch size is 100',
  ]) {
    assert.equal(classifyStatus(400, message).kind, 'too_large', message);
  }
  for (const message of [
    'Invalid request: value of column name exceeds maximum length 2500',
    'Token exceeds 100 characters',
    'Invalid field present in the request',
    'duplicate unique value in the records',
  ]) {
    assert.equal(classifyStatus(400, message).kind, 'refused', message);
  }
});

test('Retry-After is read as seconds or as a date, capped, and ignored when it is neither', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(parseRetryAfter('2', now), 2000);
  assert.equal(parseRetryAfter('0.5', now), 500);
  assert.equal(parseRetryAfter('86400', now), 300_000);
  assert.equal(parseRetryAfter('Thu, 01 Jan 2026 00:00:07 GMT', now), 7000);
  assert.equal(parseRetryAfter('Wed, 31 Dec 2025 23:59:00 GMT', now), 0);
  for (const header of [undefined, '', '-1', 'soon', '1 2', 'NaN', '2026-01-01']) {
    assert.equal(parseRetryAfter(header, now), undefined, header);
  }
});

test('an error answer gives its message, whatever form it has', () => {
  const envelope = { error: { grpc_code: 3, http_code: 400, message: 'Invalid request', details: [] } };
  const words = (answer: string) => readErrorEnvelope(answer, asItIs).said.forErrorLog();
  assert.equal(words(JSON.stringify(envelope)), 'Invalid request');
  const { said, message, ...form } = readErrorEnvelope(JSON.stringify(envelope), asItIs);
  assert.deepEqual(form, { isEnvelope: true, httpCode: 400, grpcCode: 3 });
  assert.equal(message, `${said.shape} (gRPC 3)`);
  assert.equal(words('{"error":"plain words"}'), 'plain words');
  assert.equal(words('{"message":"at the top"}'), 'at the top');
  assert.equal(words('upstream\n  gone'), 'upstream gone');
  assert.equal(words('<html><h1>502 Bad Gateway</h1></html>'), '502 Bad Gateway');
  assert.equal(words(''), '');
});

test('a message is short and cannot move a cursor', () => {
  const { said } = readErrorEnvelope(`\u001b[2J\u0007\u202e${'long '.repeat(100_000)}`, asItIs);
  const words = said.forErrorLog();
  assert.equal(words.length, 500);
  assert.doesNotMatch(words, /[\p{Cc}\p{Cf}]/u);
});

test('a request id is shown only when it looks like one', () => {
  assert.equal(readRequestId('5d5d7e21-c789-9fcc-ba31-2a279d3a28ef'), '5d5d7e21-c789-9fcc-ba31-2a279d3a28ef');
  for (const header of [
    undefined,
    '',
    'two words',
    'x'.repeat(32),
    '\u001b[0m',
    '123-45-6789',
    'Smith',
    'req-1',
  ]) {
    assert.equal(readRequestId(header), undefined);
  }
  const token = '5D5D7E21C7899FCCBA312A279D3A28EF';
  assert.equal(readRequestId('5d5d7e21-c789-9fcc-ba31-2a279d3a28ef', ['a value'], [token]), undefined);
});

test('no credential is left in a scrubbed text, in any of its forms', () => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 4, maxLength: 20 })
    .filter((text) => text.trim().length >= 4);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.array(fc.string()), (values, between) => {
      const scrub = scrubberOf(...values);
      for (const [index, value] of values.entries()) {
        const wellFormed = Buffer.from(value.trim()).toString();
        for (const form of [value, JSON.stringify(value), encodeURIComponent(wellFormed)]) {
          const bare = form.replace(/^"|"$/g, '').trim();
          const scrubbed = scrub(`${between[index] ?? ''} ${form} ${between[index + 1] ?? ''}`);
          if ('[redacted]'.includes(bare)) continue;
          assert.ok(!scrubbed.replaceAll('[redacted]', '\u0000').includes(bare), `${bare} in ${scrubbed}`);
        }
      }
    }),
  );
});

test('a value is found in other letters, cut short, and escaped twice', () => {
  const scrub = scrubberOf('Grace "Amazing" Hopper');
  assert.equal(scrub('value GRACE "AMAZING" HOPPER is odd'), 'value [redacted] is odd');
  assert.equal(scrub('value Grace "Amaz...'), 'value [redacted]...');
  assert.equal(
    scrub(String.raw`{\"v\":\"Grace \\\"Amazing\\\" Hopper\"}`),
    String.raw`{\"v\":\"[redacted]\"}`,
  );
  assert.equal(scrub('?v=Grace+%22Amazing%22+Hopper&x'), '?v=[redacted]&x');
});

test('a very short value goes as a whole word only, so that the message stays readable', () => {
  const scrub = scrubberOf('1', 'Al', 'é');
  assert.equal(
    scrub('row 1: Al is not allowed, 100 others (1)'),
    'row [redacted]: [redacted] is not allowed, 100 others ([redacted])',
  );
  assert.equal(scrub('café é'), 'café [redacted]');
});

test('overlapping values leave nothing of either', () => {
  assert.equal(scrubberOf('abcdef', 'defghi')('xx abcdefghi yy'), 'xx [redacted] yy');
});

test('a text that is cut for its length loses the value that the cut divides', () => {
  const value = 'Wilhelmina-Sophia';
  for (let shift = 0; shift < 30; shift += 1) {
    const scrubbed = scrubberOf(value)(`${'x'.repeat(16_384 - shift)}${value} and more`);
    assert.doesNotMatch(scrubbed, /Wilh/);
  }
});
