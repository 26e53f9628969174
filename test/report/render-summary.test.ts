import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { vaultStatusSchema } from '../../src/protocol/messages.js';
import { renderSummary } from '../../src/report/render-summary.js';
import { buildRunSummary, type VaultOutcome } from '../../src/report/run-summary.js';
import { displayWidth } from '../../src/report/screen-text.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import { snapshotOf } from './snapshot-fixture.js';

const PLAIN = { unicode: true, color: false };
const RUN_DIRECTORY = '/data/runs/20250102T030405Z-abcdefgh';

function summaryOf(vaults: readonly Partial<VaultOutcome>[]): RunSummary {
  return buildRunSummary({
    programVersion: '1.2.3',
    runId: '20250102T030405Z-abcdefgh',
    runDirectory: RUN_DIRECTORY,
    startedAt: new Date('2025-01-02T03:04:05Z'),
    finishedAt: new Date('2025-01-02T03:05:45Z'),
    durationMs: 100_000,
    mergedErrorLog: `${RUN_DIRECTORY}/merged_error_log_20250102_030405.json`,
    resumeCommand: 'skyflow-supervise resume 20250102T030405Z-abcdefgh',
    retryCommand: `skyflow-supervise retry ${RUN_DIRECTORY}/merged_error_log_20250102_030405.json`,
    remarks: ['append_suffix is on.'],
    vaults: vaults.map((vault) => ({
      name: 'NAME',
      id: 'v1',
      table: 't1',
      status: 'complete',
      snapshot: snapshotOf(),
      restarts: 0,
      ...vault,
    })),
  });
}

const failing = {
  name: 'ID',
  status: 'failures',
  snapshot: snapshotOf({
    uploaded: 99_990,
    failed: 8,
    skipped: { empty_value: 2, empty_token: 0, already_there: 0 },
  }),
} as const;

describe('the final summary', () => {
  test('a vault is named once in front of its error, also when the error names it itself', () => {
    const error = { code: 'unauthorized', message: 'vault ID: HTTP 401, refused', hint: undefined } as const;
    const text = renderSummary(summaryOf([{ ...failing, status: 'incomplete', error }]), PLAIN);
    assert.match(text, /✖ ID: HTTP 401, refused \[unauthorized\]/);
  });

  test("a vault's performance is laid out as in the loader being replaced", () => {
    const text = renderSummary(summaryOf([{}]), PLAIN);
    const expected = `
NAME VAULT PERFORMANCE:
  Records Uploaded:      100,000 (successfully processed)
  Processing Time:       77.1 seconds
  Throughput:            1,297 records/sec (successful only)
  Batch Success Rate:    1000/1000 batches (100.0%)

  API RESPONSE SUMMARY:
    ✅ Immediate Successes: 998 (99.8% of batches)
    Retried Successes:   2 (0.2% of batches)
    Requests:            1,002 sent, 2 retries, 0 x 429
    Latency:             avg 1,280 ms, min 108 ms, max 3,800 ms
                         p50 1,100 ms, p95 2,900 ms, p99 3,700 ms

  DETAILED TIMING BREAKDOWN (Cumulative across all parallel workers):
    Component                   Cumulative % of Total  Est. Wall Clock
    ------------------------- ------------ ---------- ----------------
    Data Source Read                  0.0s       0.0%             0.0s
    Record Creation                   0.0s       0.0%             0.0s
    Suffix Generation                 0.0s       0.0%             0.0s
    Payload Creation                  0.1s       0.0%             0.0s
    JSON Serialization                0.1s       0.0%             0.0s
    BASE_REQUEST_DELAY                0.0s       0.0%             0.0s
    Skyflow API Calls               212.1s      99.9%            77.0s
    Retry Delays                      0.0s       0.0%             0.0s
    ------------------------- ------------ ---------- ----------------
    TOTAL (Cumulative)              212.3s     100.0%            77.1s (actual)

    Average Concurrency: 2.8x (concurrent workers executing simultaneously)
`;
    assert.ok(text.startsWith(expected), text);
  });

  test('all vaults are added up and reconciled in one line', () => {
    const text = renderSummary(summaryOf([{}, failing]), PLAIN);
    assert.match(text, /read 200,000 = uploaded 199,990 \+ failed 8 \+ skipped 2; unsettled 0/);
    assert.match(text, /skipped: 2 empty value/);
    assert.match(text, /^ {2}ID +⚠ failures +99,990 +8 +2 +0$/m);
    assert.match(text, /^ {2}TOTAL +199,990 +8 +2 +0$/m);
  });

  test('it ends with the outcome, the exit status and what to do next', () => {
    const lines = renderSummary(summaryOf([{}, failing]), PLAIN)
      .trimEnd()
      .split('\n')
      .slice(-8);
    assert.deepEqual(lines, [
      '⚠ FAILURES: 199,990 records uploaded, 8 failed and stand in the error log. (exit',
      'status 1)',
      '',
      'Go on with:',
      '  skyflow-supervise resume 20250102T030405Z-abcdefgh',
      '',
      'Send failed records again:',
      `  skyflow-supervise retry ${RUN_DIRECTORY}/merged_error_log_20250102_030405.json`,
    ]);
  });

  test("a vault's error stands with its code and its hint, and cannot move the cursor", () => {
    const text = renderSummary(
      summaryOf([
        {
          status: 'incomplete',
          snapshot: snapshotOf({ read: 40_000, uploaded: 40_000 }),
          error: { code: 'unavailable', message: 'gone\u001b[2J\naway', hint: 'Look at the firewall.' },
        },
      ]),
      PLAIN,
    );
    assert.match(text, /✖ NAME: gone away \[unavailable\]\n {4}Look at the firewall\./);
    assert.match(text, /settled 40\.0% of 100,000 rows/);
    assert.ok(!text.includes('\u001b'));
  });

  test('a vault that did nothing has no performance, and still its line', () => {
    const text = renderSummary(summaryOf([{ status: 'not_started', snapshot: undefined }]), PLAIN);
    assert.doesNotMatch(text, /VAULT PERFORMANCE/);
    assert.match(text, /NAME +✖ not started/);
  });

  test('in ASCII it is ASCII, and colours come only when they are asked for', () => {
    const summary = summaryOf([{}, failing, { name: 'DOB', status: 'limited' }]);
    assert.match(renderSummary(summary, { unicode: false, color: false }), /^[\n -~]*$/);
    const colored = renderSummary(summary, { unicode: true, color: true });
    assert.ok(colored.includes('\u001b['));
    assert.equal(stripVTControlCharacters(colored), renderSummary(summary, PLAIN));
  });

  test('no line is wider than 80 columns but those with a path or a command', () => {
    const figure = fc.nat(500_000_000);
    const vaults = fc.array(
      fc.record({
        name: fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/),
        status: fc.constantFrom(...vaultStatusSchema.options),
        snapshot: fc
          .record({ read: figure, uploaded: figure, failed: figure, unsettled: figure, requests: figure })
          .map(snapshotOf),
        error: fc.constantFrom(undefined, { code: 'internal', message: 'long '.repeat(80) } as const),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(vaults, fc.boolean(), (outcomes, unicode) => {
        for (const line of renderSummary(summaryOf(outcomes), { unicode, color: false }).split('\n')) {
          if (!line.includes(RUN_DIRECTORY)) assert.ok(displayWidth(line) <= 80, line);
        }
      }),
      { numRuns: 60 },
    );
  });
});
