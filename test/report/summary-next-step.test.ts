import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderSummary } from '../../src/report/render-summary.js';
import { displayWidth } from '../../src/report/screen-text.js';
import { snapshotOf } from './snapshot-fixture.js';
import { summaryOf, PLAIN, STYLE, four } from './summary-fixture.js';

describe('what the final summary says comes next', () => {
  test('four vaults with failures fit one screen of 80 by 24, and say why, what is open and what comes next', () => {
    const interrupted = four.map((vault) => ({ ...vault, status: 'interrupted' as const }));
    const text = renderSummary(summaryOf(interrupted), { style: STYLE, columns: 80, detail: 'brief' });
    const end = text.slice(text.indexOf('─'.repeat(80)));
    assert.ok(end.trimEnd().split('\n').length <= 23, end);
    assert.match(end, /Uploaded +Failed +Answer unknown +Not sent yet\n/);
    assert.match(end, /^ {2}TOTAL +383,968 +32 +480 +15,520$/m);
    assert.match(end, /^ {2}⚠ NAME: 5 refused \[1\], 1 under another token, 1 no answer, 1 other$/m);
    assert.match(end, /^ {4}\[1\] HTTP 400: a value is not acceptable$/m);
    // Each in words of its own, and longer ones than there is room for.
    const apart = interrupted.map((vault) => ({
      ...vault,
      failedByReason: vault.failedByReason.map((one) =>
        one.message === undefined
          ? one
          : { ...one, message: `${vault.name}: ${'not acceptable '.repeat(9)}` },
      ),
    }));
    const said = renderSummary(summaryOf(apart), {
      style: STYLE,
      columns: 80,
      detail: 'brief',
      folder: '/data',
    });
    const screen = said
      .slice(said.indexOf('─'.repeat(80)))
      .trimEnd()
      .split('\n');
    assert.ok(screen.length <= 23, said);
    for (const [at, { name }] of four.entries()) {
      assert.ok(
        screen.some((line) => line.startsWith(`  ⚠ ${name}: 5 refused [${at + 1}], 1 under`)),
        said,
      );
      assert.ok(
        screen.some((line) => line.startsWith(`    [${at + 1}] HTTP 400: ${name}: not acceptable`)),
        said,
      );
    }
    // One reason for each: what the vault said stands in its line.
    const alone = apart.map((vault) => ({ ...vault, failedByReason: vault.failedByReason.slice(0, 1) }));
    const inLine = renderSummary(summaryOf(alone), { style: STYLE, columns: 80, detail: 'brief' });
    for (const { name } of four)
      assert.match(
        inLine,
        new RegExp(`^  ⚠ ${name}: 5 refused \\(HTTP 400: ${name}: (?:not acceptable ?)+.*…\\)$`, 'm'),
      );
    assert.ok(screen.every((line) => displayWidth(line) <= 80));
    const two = renderSummary(summaryOf(four.slice(2)), { style: STYLE, columns: 80, detail: 'brief' });
    assert.match(
      two.replaceAll(/\s+/g, ' '),
      /DOB: 5 refused \(HTTP 400: a value is not acceptable\), 1 under another token, 1 no answer, 1 other ⚠ SSN/,
    );
    assert.equal(end.match(/skyflow-supervise/g)?.length, 1, 'one command');
    assert.match(end, /\n(?:\(exit status 3\) )?Go on with:\n {2}skyflow-supervise resume \S+\n$/);
    assert.doesNotMatch(end, /unsettled|in doubt/);
  });

  test('what the vault would judge alike is not simply to be sent again, and the command says so', () => {
    const labelFor = (uploaded: number, ...reasons: string[]): string | undefined => {
      const summary = summaryOf([
        {
          status: 'failures',
          snapshot: snapshotOf({ uploaded, failed: 2 }),
          failedByReason: reasons.map((reason) => ({ reason, status_code: 400, records: 1 })),
        },
      ]);
      const lines = renderSummary({ ...summary, resume_command: undefined }, PLAIN)
        .trimEnd()
        .split('\n');
      assert.match(lines.at(-1) ?? '', /^ {2}skyflow-supervise retry \S+$/);
      return lines.at(-2);
    };
    assert.equal(labelFor(9, 'rejected', 'unreachable'), 'Send failed records again:');
    assert.equal(
      labelFor(9, 'rejected', 'rejected'),
      'When the reason is mended, send failed records again:',
    );
    assert.equal(
      labelFor(0, 'rejected'),
      'Sent again as they are, they would be refused again. When the reason is mended:',
    );
  });
});
