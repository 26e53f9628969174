import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateCosts, rateKeys } from '../../src/rates/rates.js';
import { resolveSettings } from '../../src/config/resolve-settings.js';
import { configurationSchema } from '../../src/config/schema.js';
import { NONE_STANDING } from '../../src/source/error-log/standing-of.js';
import { planRetry } from '../../supervisor/commands/retry/plan-retry.js';

const target = { name: 'SSN', id: 'a1', table: 'ssn', column: 'ssn' };
/** A thousand records, a hundred of which may be in the vault. */
const errors = {
  vault: target,
  ...{ entries: 10, records: 1_000, characters: 40_000 },
  byStanding: { ...NONE_STANDING, absent: 900, doubtful: 100 },
  withheld: { encrypted: 0, redacted: 0 },
  ...{ byStatus: new Map(), byReason: new Map() },
};
const log = {
  ...{ file: 'errors.json', run: undefined, timestamp: undefined },
  ...{ sizeBytes: 1, modifiedAt: '' },
  sha256: '',
  vaults: [errors],
};

function secondsAt(performance: object): number {
  const given = { skyflow: { vaults: [target] }, performance: { batch_size: 100, ...performance } };
  const settings = resolveSettings(configurationSchema.parse(given), '/');
  const [vault = assert.fail()] = settings.skyflow.vaults;
  const [plan] = planRetry([{ log, errors, vault }], settings);
  return ((plan?.estimatedMs ?? 0) - settings.skyflow.settle_ms) / 1_000;
}

test('the time of a retry is told at the slowest of the configured rates, whichever it is, look-ups included', () => {
  // Ten requests and ten that look up; 2,000 records; each with 100 bytes, of which 60 are of the form.
  const each = { records: 100, bytes: 10_000 };
  for (const key of rateKeys)
    assert.equal(Math.round(secondsAt({ [key]: 0.01 })), 20 * rateCosts[key](each) * 100, key);
  assert.equal(rateCosts.max_bytes_per_second(each), 10_000);
  assert.equal(Math.round(secondsAt({ max_requests_per_second: 0.1, max_records_per_second: 1 })), 2_000);
  assert.ok(secondsAt({}) < 60);
});
