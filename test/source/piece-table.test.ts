import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import { PIECE_BYTES, PieceTable } from '../../src/source/fingerprints/piece-table.js';

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
  const first = new PieceTable({ whole: true, fingerprints });
  assert.equal(first.proves(1, piece), false, 'none may be missing before it');
  for (let round = 0; round < 2; round += 1) {
    assert.equal(first.proves(0, piece), true);
    tellsApart(first);
  }
  const second = PieceTable.of(first.record('data file', 'a.csv'), fingerprints);
  for (let round = 0; round < 2; round += 1) {
    tellsApart(second);
    assert.equal(second.proves(0, piece), true);
  }
  assert.deepEqual(second.record('data file', 'a.csv').pieces, first.record('data file', 'a.csv').pieces);
});
