import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordCutter, type CutRecords } from '../../src/source/csv/cut-records.js';

/** Numbers from 0 to 1, the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const cells = ['a', 'b,', '"q"', '"q\nr"', '"say ""x"""', '""', 'é', 'longer than the others', '"\r\n"'];

function textOf(random: () => number): Buffer {
  const pick = (): string => cells[Math.floor(random() * cells.length)] ?? '';
  const rows = Array.from({ length: 1 + Math.floor(random() * 12) }, () => `${pick()},${pick()}`);
  const stray = random() < 0.15 ? 'x"y,z\n' : '';
  return Buffer.from(
    `${random() < 0.2 ? '\uFEFF' : ''}${rows.join('\n')}\n${stray}${random() < 0.5 ? pick() : ''}`,
  );
}

/** What comes out, byte for byte; of whole lines it matters not in how many parts they come. */
function outcomeOf(pushes: Iterable<CutRecords>): readonly string[] {
  const found: string[] = [];
  let lines = '';
  for (const { parts, fault } of pushes) {
    for (const { quoted, bytes } of parts) {
      if (!quoted) lines += bytes.toString('latin1');
      else {
        found.push(lines, `quoted ${bytes.toString('latin1')}`);
        lines = '';
      }
    }
    if (fault !== undefined) return [...found, lines, `fault ${fault}`];
  }
  return [...found, lines];
}

function* atOnce(text: Buffer): Generator<CutRecords, void, void> {
  const cutter = new RecordCutter(Buffer.from(','), { isContinued: false });
  yield cutter.push(text);
  yield cutter.finish();
}

/** Chunks come in one piece of memory, in which other bytes stand as soon as the next is asked for. */
function* inChunks(text: Buffer, random: () => number): Generator<CutRecords, void, void> {
  const cutter = new RecordCutter(Buffer.from(','), { isContinued: false });
  const piece = Buffer.alloc(text.length);
  let held = 0;
  for (let at = 0; at < text.length;) {
    const length = Math.min(text.length - at, 1 + Math.floor(random() ** 2 * 60));
    const chunk = piece.subarray(at, at + length);
    text.copy(chunk, 0, at);
    yield cutter.push(chunk);
    const { heldBytes } = cutter;
    assert.ok(heldBytes <= held + length);
    held = heldBytes;
    piece.fill('"');
    at += length;
  }
  yield cutter.finish();
}

test('records come whole wherever a file is cut, and nothing is looked at where a chunk was', () => {
  const random = numbers(7);
  let faults = 0;
  for (let round = 0; round < 2_000; round += 1) {
    const text = textOf(random);
    const whole = outcomeOf(atOnce(text));
    assert.deepEqual(outcomeOf(inChunks(text, random)), whole, JSON.stringify(text.toString()));
    if (whole.some((one) => one.startsWith('fault'))) faults += 1;
  }
  assert.ok(faults > 100 && faults < 1_900, `${faults}`);
});

test('lines that are whole are not copied', () => {
  const cutter = new RecordCutter(Buffer.from(','), { isContinued: true });
  const piece = Buffer.from('one\ntwo\nthree\nfour\nfi');
  const [first, second] = [piece.subarray(0, 8), piece.subarray(8)];
  for (const [chunk, end] of [
    [first, first.length],
    [second, second.lastIndexOf('\n') + 1],
  ] as const) {
    const [part] = cutter.push(chunk).parts;
    assert.equal(part?.bytes.buffer, piece.buffer);
    assert.ok(part.bytes.equals(chunk.subarray(0, end)));
  }
  assert.equal(cutter.heldBytes, 2);
  piece.fill(0);
  assert.equal(cutter.finish().parts[0]?.bytes.toString(), 'fi');
});
