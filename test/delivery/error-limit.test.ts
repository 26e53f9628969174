import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailedRecord } from '../../src/journal/ledger-contract.js';
import { ErrorLimit } from '../../child/load/error-limit.js';

const failed = (reason: FailedRecord['reason']): FailedRecord => ({
  position: 0,
  value: 'v',
  token: 't',
  reason,
  message: '',
  httpStatus: undefined,
  requestId: undefined,
});

test('held records are counted against max_held alone, others against max_errors alone', () => {
  const limit = new ErrorLimit(2, 3);
  const passed = (reason: FailedRecord['reason'], totals: { failed: number; held: number }) =>
    limit.passedBy({ uploaded: 0, failures: [failed(reason)] }, totals);
  assert.equal(passed('in_doubt', { failed: 3, held: 3 }), undefined);
  assert.equal(passed('rejected', { failed: 5, held: 3 }), undefined);
  assert.match(
    passed('rejected', { failed: 6, held: 3 }) ?? '',
    /^3 records failed, more than max_errors 2$/,
  );
  assert.match(
    passed('token_unproven', { failed: 4, held: 4 }) ?? '',
    /^4 records are held back, more than max_held 3$/,
  );
  assert.equal(
    new ErrorLimit(0).passedBy({ uploaded: 0, failures: [failed('in_doubt')] }, { failed: 9, held: 9 }),
    undefined,
  );
});

test('a percentage of failures leaves held records out of both sides', () => {
  const limit = new ErrorLimit('50%');
  const failures = Array.from({ length: 900 }, () => failed('in_doubt'));
  assert.equal(limit.passedBy({ uploaded: 600, failures }, { failed: 900, held: 900 }), undefined);
  const rejected = Array.from({ length: 1200 }, () => failed('rejected'));
  assert.match(
    limit.passedBy({ uploaded: 0, failures: rejected }, { failed: 2100, held: 900 }) ?? '',
    /1,200 of the last 1,800/,
  );
});
