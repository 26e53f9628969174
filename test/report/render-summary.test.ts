import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import { vaultStatusSchema } from '../../src/protocol/messages.js';
import { renderSummary } from '../../src/report/render-summary.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import { displayWidth } from '../../src/report/screen-text.js';
import { snapshotOf } from './snapshot-fixture.js';
import { summaryOf, failing, PLAIN, STYLE, RUN_DIRECTORY, four } from './summary-fixture.js';

describe('the final summary', () => {
  test('a vault is named once in front of its error, also when the error names it itself', () => {
    const error = { code: 'unauthorized', message: 'vault ID: HTTP 401, refused', hint: undefined } as const;
    const text = renderSummary(summaryOf([{ ...failing, status: 'incomplete', error }]), PLAIN);
    assert.match(text, /✖ ID: HTTP 401, refused \[unauthorized\]/);
  });

  test('of a run that was gone on with, the pace is said to be of this command alone, and who did nothing in it has none', () => {
    const done = { name: 'DONE', snapshot: { ...NOTHING_YET, rows_total: 50, read: 50, uploaded: 50 } };
    const text = (uploadedBefore: number, others: readonly Partial<VaultOutcome>[] = []): string =>
      renderSummary(summaryOf([{ name: 'REST', uploadedBefore }, ...others]), {
        style: STYLE,
        detail: 'brief',
      });
    const goneOn = text(40_000, [{ ...done, uploadedBefore: 50 }]);
    assert.match(goneOn, /time 1m 40s, 600 records\/sec \(this command alone\), 2 retries/);
    assert.match(goneOn, /^REST$/m);
    assert.doesNotMatch(goneOn, /^DONE$|at a time: *$/m);
    assert.match(text(0), /time 1m 40s, 1,000 records\/sec, 2 retries/);
  });

  test('where all was in the vault already it says so, and not that nothing was uploaded to it', () => {
    const skipped = { empty_value: 1, empty_token: 0, already_there: 99_999 };
    const there = snapshotOf({ uploaded: 0, skipped_by_reason: skipped });
    const verdict = renderSummary(summaryOf([{ snapshot: there }]), PLAIN);
    assert.match(
      verdict,
      /COMPLETE: nothing had to be uploaded; 99,999 records were in the vault\s+already\./,
    );
    assert.doesNotMatch(verdict, /none failed/);
  });

  test('what is the matter with four vaults alike is said once, with their names, and its end fits 80x24', () => {
    const names = ['SSN', 'NAM', 'BDAY', 'DL'];
    const vaults = names.map((name) => ({
      name,
      status: 'incomplete' as const,
      snapshot: snapshotOf({ read: 0, uploaded: 0, unsettled: 5_000, requests: 1 }),
      error: {
        code: 'unauthorized' as const,
        message: `vault ${name}: HTTP 401, the credential was refused: the bearer token is not valid (gRPC 16) (request 5765abca-7418-4a83-9fbb-${name})`,
        hint: 'Get a new bearer token (a personal one lasts 24 h, a service account token 60 minutes), then go on with `resume`.',
      },
    }));
    const remarks = [
      'append_suffix is on: a random suffix is appended to every value and token (for load tests; it is off by --x)',
      'SSN, NAM, BDAY, DL: value and token are paired by the number of their row; exports pair wrong',
    ];
    const summary = { ...summaryOf(vaults), remarks, merged_error_log: undefined };
    const text = renderSummary(summary, { style: STYLE, columns: 80, folder: '/data', detail: 'brief' });
    assert.match(text, /✖ SSN, NAM, BDAY, DL: HTTP 401, .*fbb-SSN and 3 others\)\s+\[unauthorized\]/s);
    assert.equal(text.match(/HTTP 401/g)?.length, 1);
    assert.equal(text.match(/Get a new bearer token/g)?.length, 1);
    assert.match(text, /⚠ append_suffix is on: a random suffix is appended to every value and token$/m);
    assert.match(text, /✖ INCOMPLETE: 4 of 4 vaults could not be finished/);
    assert.ok(text.trim().split('\n').length <= 23, `and the prompt: ${text}`);
    const [first, ...others] = vaults;
    assert.ok(first !== undefined);
    const apart = [{ ...first, error: { ...first.error, message: 'vault SSN: HTTP 403' } }, ...others];
    const two = renderSummary(summaryOf(apart), PLAIN);
    assert.match(two, /✖ SSN: HTTP 403[^]*✖ NAM, BDAY, DL: HTTP 401/);
  });

  test("a vault's performance is laid out as in the loader being replaced", () => {
    const text = renderSummary(summaryOf([{}]), PLAIN);
    const expected = `
NAME VAULT PERFORMANCE:
  Records Uploaded:      100,000 (successfully processed)
  Processing Time:       77.1 seconds
  Throughput:            1,297 records/sec (successful only)
  Batch Success Rate:    1,000/1,000 batches (100.0%)

  API RESPONSE SUMMARY:
    ✅ Immediate Successes: 998 (99.8% of batches)
    Retried Successes:   2 (0.2% of batches)
    Requests:            1,002 sent, 2 retries, 0 throttled
    Latency:             avg 1,280 ms, min 108 ms, max 3,800 ms
                         p50 1,103 ms, p95 2,911 ms, p99 3,711 ms

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
    assert.match(text, /read 200,000 = uploaded 199,990 \+ failed 8 \+ skipped 2$/m);
    assert.match(text, /skipped: 2 with an empty value$/m);
    assert.match(text, /^ {2}ID +⚠ failures +99,990 +8 +2$/m);
    assert.match(text, /^ {2}TOTAL +199,990 +8 +2$/m);
  });

  test('it ends with the outcome, the exit status and what to do next', () => {
    const lines = renderSummary(summaryOf([{}, failing]), PLAIN)
      .trimEnd()
      .split('\n')
      .slice(-4);
    assert.deepEqual(lines, [
      '⚠ FAILURES: 199,990 records uploaded, 8 failed and stand in the error log.',
      '(exit status 1)',
      'Go on with:',
      '  skyflow-supervise resume 20250102T030405Z-abcdefgh',
    ]);
  });

  test('at a terminal places are written from where the person is, and what was said before the run is said briefly', () => {
    const whole = { ...summaryOf([failing]), remarks: ['paired by number; nothing can see it'] };
    const resumed = {
      ...whole,
      resume_command: `skyflow-supervise resume ${RUN_DIRECTORY} --max-records 0`,
    };
    const atHome = { style: STYLE, columns: 80, detail: 'brief', folder: '/data' } as const;
    const text = renderSummary(resumed, atHome);
    assert.match(text, /\n {2}skyflow-supervise resume runs\/20250102T030405Z-abcdefgh --max-records 0\n$/);
    assert.match(text, /⚠ paired by number\n/);
    assert.match(text, /\n {2}Errors: runs\/20250102T030405Z-abcdefgh\/merged_\w+\.json\n/);
    const retried = renderSummary({ ...whole, resume_command: undefined }, atHome);
    assert.match(retried, /\n {2}skyflow-supervise retry runs\/20250102T030405Z-abcdefgh\n$/);
    const log = renderSummary(resumed, PLAIN);
    assert.ok(log.includes(RUN_DIRECTORY));
    assert.match(log, /⚠ paired by number; nothing can see it\n/);
  });

  test('on a terminal the performance is what matters of it; quiet is a line for each vault and the exit status', () => {
    const brief = renderSummary(summaryOf([{}]), { style: STYLE, columns: 80, detail: 'brief' });
    assert.match(
      brief,
      /NAME\n {2}1,297 records\/sec, 2\.8 at a time: Skyflow API Calls 99\.9%\n {2}latency avg 1,280 ms/,
    );
    assert.doesNotMatch(brief, /DETAILED TIMING|Payload Creation/);
    const interrupted = four.map((vault) => ({ ...vault, status: 'interrupted' as const }));
    assert.equal(
      renderSummary(summaryOf(interrupted.slice(2)), { style: STYLE, detail: 'quiet' }),
      'DOB: interrupted, 95,992 uploaded, 8 failed, 3,880 not sent yet, 120 answer unknown\n' +
        'SSN: interrupted, 95,992 uploaded, 8 failed, 3,880 not sent yet, 120 answer unknown\nexit status 3\n',
    );
  });

  test('quiet says what is the matter with a vault, and the way out', () => {
    const error = {
      code: 'storage',
      message: 'the journal is gone',
      hint: 'Put the directory back.',
    } as const;
    const vaults = [{ name: 'NAME', status: 'incomplete', error } as const];
    assert.match(
      renderSummary(summaryOf(vaults), { style: STYLE, detail: 'quiet' }),
      /^NAME: incomplete.*\n.*NAME: the journal is gone \[storage\]\n {4}Put the directory back\.\nexit status \d\n$/,
    );
  });

  test('at any width nothing is folded, and no path or command is broken', () => {
    const message = `cannot write ${RUN_DIRECTORY}/journal_NAME.log (ENOSPC)`;
    const vaults = [
      ...four,
      { name: 'LAST', status: 'incomplete', error: { code: 'storage', message } } as const,
    ];
    for (const columns of [120, 80, 72, 60, 40, 30]) {
      const text = renderSummary(summaryOf(vaults), { style: STYLE, columns, detail: 'brief' });
      for (const line of text.split('\n')) {
        if (!line.includes('/') && !line.includes('skyflow-supervise '))
          assert.ok(displayWidth(line) <= columns, line);
      }
      assert.ok(text.includes(`${RUN_DIRECTORY}/journal_NAME.log`), 'the path is whole');
      assert.match(text, /^ {2}skyflow-supervise resume \S+$/m);
    }
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
    assert.match(text, /40\.0% of 100,000 rows settled, time/);
    assert.ok(!text.includes('\u001b'));
  });

  test('the SQL of a refusal stands in what is kept, and not on the screen where the query was said before', () => {
    const error = { code: 'source', message: 'the query failed\nThe SQL was:\nSELECT 1' } as const;
    const summary = summaryOf([{ status: 'not_started', error }]);
    assert.match(renderSummary(summary, PLAIN), /the query failed The SQL was: SELECT 1 \[source\]/);
    assert.match(renderSummary(summary, { ...PLAIN, detail: 'brief' }), /the query failed \[source\]/);
  });

  test('a vault that did nothing has no performance, and still its line', () => {
    const text = renderSummary(summaryOf([{ status: 'not_started', snapshot: undefined }]), PLAIN);
    assert.doesNotMatch(text, /VAULT PERFORMANCE/);
    assert.match(text, /NAME +✖ not started/);
  });

  test('in ASCII it is ASCII, and colours come only when they are asked for', () => {
    const summary = summaryOf([{}, failing, { name: 'DOB', status: 'limited' }]);
    assert.match(renderSummary(summary, { ...PLAIN, style: { unicode: false, color: false } }), /^[\n -~]*$/);
    const colored = renderSummary(summary, { ...PLAIN, style: { unicode: true, color: true } });
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
        for (const line of renderSummary(summaryOf(outcomes), {
          ...PLAIN,
          style: { unicode, color: false },
        }).split('\n')) {
          if (!line.includes(RUN_DIRECTORY)) assert.ok(displayWidth(line) <= 80, line);
        }
      }),
      { numRuns: 60 },
    );
  });
});
