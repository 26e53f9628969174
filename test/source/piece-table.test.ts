import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Fingerprints, pieceText } from '../../src/source/fingerprints/fingerprints.js';
import { readPieces } from '../../src/source/fingerprints/piece-file.js';
import {
  KnownPieces,
  PIECE_BYTES,
  PieceTable,
  type RecordedPiece,
} from '../../src/source/fingerprints/piece-table.js';
import { findSharedPiece, findSharing } from '../../supervisor/history/shared-content.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Of a piece as versions that knew SHA-256 alone have noted it. */
const former = (fingerprints: Fingerprints, piece: Buffer): RecordedPiece => ({
  told: fingerprints.ofPiece(piece, 'sha256').toString('hex'),
  cut: undefined,
});

test('a piece is told from any other one, by who has seen it before and by who knows of it from another process', () => {
  const piece = randomBytes(PIECE_BYTES);
  const fingerprints = Fingerprints.of('5a'.repeat(32));
  const others = [piece.subarray(1), piece.subarray(0, -1), Buffer.concat([piece, Buffer.alloc(1)])];
  for (const at of [0, 1, 15, 16, 4_095, 524_288, PIECE_BYTES - 17, PIECE_BYTES - 1]) {
    const other = Buffer.from(piece);
    other[at] = (other[at] ?? 0) ^ 0x20;
    others.push(other);
  }
  const swapped = Buffer.from(piece);
  piece.copy(swapped, 0, 16, 32);
  piece.copy(swapped, 16, 0, 16);
  others.push(swapped);
  const tellsApart = (table: PieceTable): void => {
    for (const other of others) assert.equal(table.proves(0, other), false);
  };
  const first = new PieceTable({ whole: 'gmac', fingerprints });
  assert.equal(first.proves(1, piece), false, 'none may be missing before it');
  for (let round = 0; round < 2; round += 1) {
    assert.equal(first.proves(0, piece), true);
    tellsApart(first);
  }
  const recorded = first.record('data file', 'a.csv');
  const second = PieceTable.of(recorded, fingerprints);
  for (let round = 0; round < 2; round += 1) {
    tellsApart(second);
    assert.equal(second.proves(0, piece), true);
  }
  assert.deepEqual(second.record('data file', 'a.csv').pieces, recorded.pieces);
  assert.match(recorded.pieces[0]?.told ?? '', /^gmac:[0-9a-f]{64}$/);
  for (const other of [Fingerprints.of('5b'.repeat(32)), Fingerprints.plain])
    assert.equal(PieceTable.of(recorded, other).proves(0, piece), false, 'nobody is told by another key');

  // Of a run of an earlier version, with its key or without one; what is seen from now on stands behind it.
  for (const own of [fingerprints, Fingerprints.of(undefined)]) {
    const known = { ...recorded, pieces: [former(own, piece)], sizeBytes: undefined };
    const third = PieceTable.of(known, own);
    tellsApart(third);
    assert.equal(third.proves(0, piece), true);
    assert.equal(third.proves(1, swapped), true);
    const { pieces } = third.record('data file', 'a.csv');
    assert.deepEqual(pieces[0], known.pieces[0]);
    const fourth = PieceTable.of({ ...known, pieces }, own);
    tellsApart(fourth);
    assert.deepEqual(
      [fourth.proves(0, piece), fourth.proves(1, swapped), fourth.proves(1, piece)],
      [true, true, false],
    );
  }
});

test('a file of pieces of an earlier version is read, and its pieces are found in a file of today', async (t) => {
  const directory = await temporaryFolder(t);
  const [keyed, unkeyed] = [Fingerprints.of('5a'.repeat(32)), Fingerprints.of(undefined)];
  const pieces = [randomBytes(PIECE_BYTES), randomBytes(PIECE_BYTES), randomBytes(10)];
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = pieces;
  const written = {
    format: 'skyflow-supervise pieces 1',
    run: 'r',
    vault: 'ID',
    key: keyed.keyId,
    inputs: [
      {
        role: 'data file',
        name: 'a.csv',
        pieces: pieces.map((piece) => [former(keyed, piece).told, 7, 8, 9]),
      },
    ],
  };
  await writeFile(join(directory, 'pieces_ID.json'), JSON.stringify(written), { mode: 0o600 });
  const [read] = await readPieces(directory, 'ID');
  const table = new KnownPieces(keyed, read === undefined ? [] : [read]).table({
    ...{ role: 'data file', name: 'a.csv', whole: false },
  });
  assert.deepEqual(
    pieces.map((piece, at) => [table.proves(at, piece), table.proves(at, first)]),
    [
      [true, true],
      [true, false],
      [true, false],
    ],
  );
  assert.equal(table.cutBefore(7)?.byte, 9);

  const today = join(directory, 'today.csv');
  await writeFile(today, Buffer.concat([randomBytes(PIECE_BYTES), second]));
  const runs = [
    { run: 'of nobody', fingerprints: Fingerprints.of('5b'.repeat(32)), pieces: ['gmac:00', 'ab'] },
    { run: 'another first piece', fingerprints: keyed, pieces: [pieceText(keyed.ofPiece(first), 'gmac')] },
    { run: 'today', fingerprints: keyed, pieces: [pieceText(keyed.ofPiece(second), 'gmac')] },
    { run: 'former', fingerprints: Fingerprints.of('5a'.repeat(32)), pieces: [former(keyed, second).told] },
    { run: 'without a key', fingerprints: unkeyed, pieces: [former(unkeyed, second).told] },
  ];
  for (const [run, among] of [
    ['today', [0, 1, 2]],
    ['former', [0, 1, 3]],
    ['without a key', [4, 1]],
    [undefined, [0, 1]],
    [undefined, []],
  ] as const) {
    const found = await findSharedPiece(
      today,
      runs.filter((_, at) => (among as readonly number[]).includes(at)),
    );
    assert.equal(found?.run, run);
  }
});

test('a file is told as what it is to be compared with was, and what it shares with one is known in every form', async (t) => {
  const directory = await temporaryFolder(t);
  const [keyed, unkeyed] = [Fingerprints.of('5a'.repeat(32)), Fingerprints.of(undefined)];
  const lines = (count: number): Buffer =>
    Buffer.from(`${randomBytes(511).toString('hex')}\n\n`.repeat(count));
  const [first, second, rest] = [lines(1_024), lines(1_024), lines(1)];
  assert.equal(first.length, PIECE_BYTES);
  const file = join(directory, 'today.csv');
  await writeFile(file, Buffer.concat([first, second, rest]));
  const toldAs = (
    fingerprints: Fingerprints,
    recorded: string | undefined,
    parts: readonly Buffer[],
  ): string => {
    const known = new KnownPieces(fingerprints, [], [{ fingerprint: recorded }]);
    const table = known.table({ role: 'data file', name: file, whole: true });
    const content = Buffer.concat(parts);
    for (let piece = 0; piece * PIECE_BYTES < content.length; piece += 1)
      table.proves(piece, content.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES));
    assert.equal(table.endsAt(content.length), true);
    return table.fingerprint ?? '';
  };
  const whole = [first, second, rest];
  for (const other of [unkeyed, Fingerprints.of('5b'.repeat(32)), Fingerprints.plain])
    assert.throws(() => new KnownPieces(other, [], [{ fingerprint: toldAs(keyed, undefined, whole) }]), {
      code: 'storage',
    });
  for (const [fingerprints, recorded, form] of [
    [keyed, undefined, /^gmac-[0-9a-f]{16}:/],
    [keyed, `gmac-${keyed.keyId}:ab`, /^gmac-[0-9a-f]{16}:/],
    [keyed, `hmac-${keyed.keyId}:ab`, /^hmac-[0-9a-f]{16}:/],
    [unkeyed, undefined, /^[0-9a-f]{64}$/],
    [unkeyed, 'ab', /^[0-9a-f]{64}$/],
  ] as const) {
    const told = (...parts: readonly Buffer[]): string => toldAs(fingerprints, recorded, parts);
    assert.match(told(...whole), form);
    assert.equal(
      new Set([told(...whole), told(second, first, rest), told(first, second), told(first)]).size,
      4,
    );
    const inputs = [
      { parts: whole, sharing: 'same' },
      { parts: [first, second, rest.subarray(0, -1)], sharing: 'begins_with' },
      { parts: [first, second, rest.subarray(0, 9)], sharing: undefined },
      { parts: [first], sharing: 'begins_with' },
      { parts: [first.subarray(0, -1)], sharing: 'begins_with' },
      { parts: [second], sharing: undefined },
      { parts: [...whole, rest], sharing: undefined },
    ].map(({ parts, sharing }) => ({
      sharing,
      input: {
        role: 'data file',
        name: '/elsewhere',
        sizeBytes: Buffer.concat(parts).length,
        fingerprint: told(...parts),
      },
    }));
    const shared = await findSharing(file, [{ inputs: inputs.map(({ input }) => input), fingerprints }]);
    for (const { input, sharing } of inputs) assert.equal(shared.get(input), sharing, input.fingerprint);
  }
});
