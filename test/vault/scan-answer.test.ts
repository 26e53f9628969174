import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBulkWire } from '../../src/vault/v1/bulk-wire.js';
import { createRecordEncoder } from '../../src/vault/encode-records.js';
import { isPlain } from '../../src/vault/json.js';
import { answerText } from '../../src/vault/answer-text.js';
import { scanAnswer } from '../../src/vault/scan-answer.js';
import { packCells } from '../record/pack-cells.js';
import type { Judgement } from '../../src/vault/wire.js';

const wire = createBulkWire({
  basePath: '',
  vaultId: 'v',
  table: 't',
  column: 'name',
  byot: 'ENABLE',
  upsert: false,
});

interface Entry {
  skyflow_id?: unknown;
  tokens?: unknown;
  [key: string]: unknown;
}

const answerOf = (tokens: readonly string[]): Entry[] =>
  tokens.map((token, index) => ({ skyflow_id: `8b6f3c1e-7a55-${index}`, tokens: { name: token } }));

function judgeBy(answer: string, tokens: readonly string[], plainTokens: boolean): Judgement | undefined {
  const records = { values: tokens.map((token) => `value of ${token}`), tokens };
  return wire.judge(answer, { records, plainTokens, status: 200 });
}

/** Whether the scan of bytes takes all of it. */
const takesAll = (answer: Buffer, tokens: readonly string[]): boolean =>
  wire.takesAll?.(answer, packCells(tokens)) === true;

/**
 * Tokens of few characters: repeats and tokens inside one another are common; some are about as long as one block of bytes or
 * two.
 */
const token = fc
  .tuple(
    fc.constantFrom('', '', 'x'.repeat(13), 'y'.repeat(29)),
    fc.string({
      unit: fc.constantFrom('a', 'b', '1', '}', ',', ':', '[', ' ', 'é'),
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([before, rest]) => before + rest);
const tokensOf = fc.array(token, { minLength: 1, maxLength: 5 });

const mutation: fc.Arbitrary<(entries: Entry[], pick: number, other: string) => unknown[]> = fc.constantFrom(
  (entries: Entry[]) => entries,
  (entries: Entry[], pick: number) => entries.toSpliced(pick % entries.length, 1),
  (entries: Entry[], pick: number) => entries.with(pick % entries.length, {}),
  (entries: Entry[], pick: number) => (entries as unknown[]).with(pick % entries.length, null),
  (entries: Entry[]) => entries.toReversed(),
  (entries: Entry[]) => [...entries, ...entries],
  (entries: Entry[], pick: number) => change(entries, pick, (entry) => ({ ...entry, skyflow_id: '' })),
  (entries: Entry[], pick: number) => change(entries, pick, (entry) => ({ ...entry, skyflow_id: null })),
  (entries: Entry[], pick: number) => change(entries, pick, (entry) => ({ ...entry, skyflow_id: 7 })),
  (entries: Entry[], pick: number) => change(entries, pick, ({ tokens }) => ({ tokens })),
  (entries: Entry[], pick: number) => change(entries, pick, (entry) => ({ ...entry, tokens: null })),
  (entries: Entry[], pick: number, other: string) =>
    change(entries, pick, (entry) => ({ ...entry, tokens: { name: other } })),
  (entries: Entry[], pick: number, other: string) =>
    change(entries, pick, (entry) => ({ ...entry, tokens: { ...(entry.tokens as object), [other]: other } })),
  (entries: Entry[], pick: number) => change(entries, pick, (entry) => ({ ...entry, error: 'no' })),
  (entries: Entry[], pick: number) => change(entries, pick, (entry) => ({ ...entry, error: null })),
  (entries: Entry[], pick: number, other: string) =>
    change(entries, pick, (entry) => ({ ...entry, skyflow_id: `x","tokens":{"name":"${other}"}` })),
  (entries: Entry[], pick: number) =>
    change(entries, pick, ({ skyflow_id, tokens }) => ({ tokens, skyflow_id })),
);

function change(entries: Entry[], pick: number, edit: (entry: Entry) => Entry): Entry[] {
  const at = pick % entries.length;
  return entries.with(at, edit(entries[at] ?? {}));
}

test('the scan never says uploaded where a full parse would not, whatever is done to the entries', () => {
  let accepted = 0;
  const property = fc.property(
    tokensOf,
    fc.array(fc.tuple(mutation, fc.nat(), token), { maxLength: 2 }),
    fc.constantFrom(undefined, 1, '\t'),
    (tokens, mutations, indent) => {
      let entries: unknown[] = answerOf(tokens);
      for (const [mutate, pick, other] of mutations) {
        if (entries.length > 0) entries = mutate(entries as Entry[], pick, other);
      }
      const answer = JSON.stringify({ records: entries }, undefined, indent);
      const isTaken = scanAnswer(answer, tokens, '"name"');
      assert.equal(takesAll(Buffer.from(answer), tokens), isTaken, 'bytes say what the text says');
      if (!isTaken) return;
      accepted += 1;
      assert.deepEqual(judgeBy(answer, tokens, false), { failures: [], doubtful: [], mismatched: [] });
    },
  );
  fc.assert(property, { numRuns: 5000 });
  assert.ok(accepted > 500, 'the property must have been asked often enough');
});

test('an answer that ends within its first token gives back no token, not even an empty one', () => {
  const answer = '{"records":[{"skyflow_id":"i","tokens":{"name":"}}]}';
  const whole = answer.replace(':"}', ':""}');
  for (const [text, isTaken] of [
    [answer, false],
    [whole, true],
  ] as const) {
    assert.equal(scanAnswer(text, [''], '"name"'), isTaken, text);
    assert.equal(takesAll(Buffer.from(text), ['']), isTaken, text);
  }
});

test('the scan never says uploaded where a full parse would not, whatever is done to the bytes', () => {
  let accepted = 0;
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 3 }),
    insert: fc.constantFrom(
      '',
      ' ',
      '\\',
      '"',
      ',',
      '}',
      '{',
      '\n',
      '\u0000',
      '\u00a0',
      '\\u0061',
      '"a":1,',
      'a',
    ),
  });
  const property = fc.property(tokensOf, fc.array(edit, { maxLength: 3 }), (tokens, edits) => {
    let answer = JSON.stringify({ records: answerOf(tokens) });
    for (const { at, remove, insert } of edits) {
      const start = at % answer.length;
      answer = answer.slice(0, start) + insert + answer.slice(start + remove);
    }
    if (takesAll(Buffer.from(answer), tokens)) assert.ok(scanAnswer(answer, tokens, '"name"'));
    if (!scanAnswer(answer, tokens, '"name"')) return;
    accepted += 1;
    assert.deepEqual(judgeBy(answer, tokens, false), { failures: [], doubtful: [], mismatched: [] });
  });
  fc.assert(property, { numRuns: 10_000 });
  assert.ok(accepted > 500, 'the property must have been asked often enough');
});

test('the scan of bytes never says uploaded where a full parse would not, whatever bytes there are', () => {
  let accepted = 0;
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 3 }),
    insert: fc.uint8Array({ maxLength: 3 }),
    copyFrom: fc.nat(),
  });
  const property = fc.property(tokensOf, fc.array(edit, { maxLength: 3 }), (tokens, edits) => {
    let answer = Buffer.from(JSON.stringify({ records: answerOf(tokens) }));
    for (const { at, remove, insert, copyFrom } of edits) {
      const start = at % answer.length;
      const from = copyFrom % answer.length;
      const copied = insert.length === 0 ? answer.subarray(from, from + remove) : insert;
      answer = Buffer.concat([answer.subarray(0, start), copied, answer.subarray(start + remove)]);
    }
    if (!takesAll(answer, tokens)) return;
    accepted += 1;
    assert.deepEqual(judgeBy(answerText(answer), tokens, false), {
      failures: [],
      doubtful: [],
      mismatched: [],
    });
  });
  fc.assert(property, { numRuns: 10_000 });
  assert.ok(accepted > 500, 'the property must have been asked often enough');
});

test('where ids are wanted, or the column is not ASCII, every answer is read', () => {
  const options = { basePath: '', vaultId: 'v', table: 't', byot: 'ENABLE', upsert: false } as const;
  assert.equal(createBulkWire({ ...options, column: 'name', recordIds: true }).takesAll, undefined);
  assert.equal(createBulkWire({ ...options, column: 'größe' }).takesAll, undefined);
});

test('records without a comma between them are no answer', () => {
  const answer = JSON.stringify({ records: answerOf(['a', 'b']) }).replace('}},{', '}}{');
  assert.equal(scanAnswer(answer, ['a', 'b'], '"name"'), false);
  assert.equal(judgeBy(answer, ['a', 'b'], true), undefined);
});

test('the scan takes an intact answer, compact or indented, so that it is worth having', () => {
  const tokens = ['tok_1', 'tok_2', 'tok_3'];
  for (const indent of [undefined, 2]) {
    const answer = JSON.stringify({ records: answerOf(tokens) }, undefined, indent);
    assert.equal(scanAnswer(`${answer}\n`, tokens, '"name"'), true);
    assert.equal(takesAll(Buffer.from(`${answer}\n`), tokens), true);
  }
});

test('a token that needs escaping is compared after parsing, never as text', () => {
  const forged = 'a","other":"b';
  assert.equal(isPlain(forged), false);
  const payload = createRecordEncoder(wire)({ values: ['v'], tokens: [forged] });
  assert.equal(payload.plainTokens, false);
  const answer = '{"records":[{"skyflow_id":"1","tokens":{"name":"a","other":"b"}}]}';
  assert.deepEqual(judgeBy(answer, [forged], payload.plainTokens)?.mismatched, [0]);
  assert.deepEqual(judgeBy(JSON.stringify({ records: answerOf([forged]) }), [forged], payload.plainTokens), {
    failures: [],
    doubtful: [],
    mismatched: [],
  });
});
