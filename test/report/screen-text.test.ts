import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { foldLines } from '../../src/report/lay-out.js';
import { cutToWidth, displayWidth, singleLine, wrapWords } from '../../src/report/screen-text.js';
import { detectTextStyle } from '../../src/report/text-style.js';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });

describe('text from outside', () => {
  test('escape sequences, line breaks, bells and bidi overrides are gone', () => {
    assert.equal(singleLine('a\u001b[2Jb\r\nc\td\u0007e\u202ef'), 'ab c d e f');
    assert.equal(singleLine('\u001b]0;title\u0007rest'), 'rest');
  });

  test('whatever comes, one bounded line without control characters is left', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 3, max: 100 }), (text, maxLength) => {
        const line = singleLine(text, maxLength);
        assert.ok(Array.from(line).length <= maxLength);
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test('a very long text is cut, and the cut is marked', () => {
    const line = singleLine('x'.repeat(10_000_000), 50);
    assert.equal(line, `${'x'.repeat(47)}...`);
  });

  test('wide characters take two columns, combining ones none, colours none', () => {
    assert.equal(displayWidth('abc'), 3);
    assert.equal(displayWidth('名前'), 4);
    assert.equal(displayWidth('✅'), 2);
    assert.equal(displayWidth('✔█░⠋…'), 5);
    assert.equal(displayWidth('e\u0301'), 1);
    assert.equal(displayWidth('\u001b[31mred\u001b[39m'), 3);
  });

  test('a cut text fits', () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, columns) => {
        assert.ok(displayWidth(cutToWidth(singleLine(text), columns, '...')) <= columns);
      }),
    );
  });

  test('a number and its unit stay in one line', () => {
    assert.deepEqual(wrapWords('starting again in 1 s (1 of 3)', 20), ['starting again in', '1 s (1 of 3)']);
    for (const figure of ['46.9 KiB', '512 B', '1.5 TiB', '12 MB', '15 k', '2.5 M', '95 %', '7 records/sec'])
      assert.deepEqual(
        wrapWords(`a file of ${figure} here`, 10 + figure.length - 1),
        ['a file of', `${figure} here`],
        figure,
      );
  });

  test('a terminal that is narrower than what is written breaks no word, path or command, and colours stay', () => {
    const path = '/a/path/that/is/longer/than/it/is/wide.json';
    const command = `  skyflow-supervise retry ${path} --yes --quiet`;
    const text = `${'─'.repeat(80)}\n  \u001b[31mwritten to ${path} after a while and a half\u001b[39m\n${command}\n`;
    assert.deepEqual(foldLines(text, 30).split('\n'), [
      '─'.repeat(28),
      '  \u001b[31mwritten to',
      `    ${path}`,
      '    after a while and a half\u001b[39m',
      command,
      '',
    ]);
    assert.equal(foldLines(text, 200), text);
    fc.assert(
      fc.property(fc.lorem({ maxCount: 40 }), fc.integer({ min: 20, max: 90 }), (prose, columns) => {
        const lines = foldLines(`  ${prose}`, columns).split('\n');
        for (const line of lines) assert.ok(line.length <= columns && line.startsWith('  '), line);
        assert.deepEqual(lines.join(' ').split(/ +/), `  ${prose}`.split(/ +/));
      }),
    );
  });

  test('wrapped lines fit and lose nothing but spaces', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 40 }), (text, columns) => {
        const clean = singleLine(text);
        const lines = wrapWords(clean, columns);
        for (const line of lines) assert.ok(displayWidth(line) <= columns, JSON.stringify(line));
        assert.equal(lines.join('').replaceAll(' ', ''), clean.replaceAll(' ', ''));
      }),
    );
  });
});

describe('the style of a stream', () => {
  const cases = [
    [{ LANG: 'en_US.UTF-8' }, true, { unicode: true, color: true }],
    [{ LANG: 'C.utf8' }, false, { unicode: true, color: false }],
    [{}, true, { unicode: false, color: true }],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, true, { unicode: false, color: true }],
    [{ LANG: 'C', LC_CTYPE: 'C.UTF-8' }, true, { unicode: true, color: true }],
    [{ LC_ALL: '', LANG: 'C.UTF-8', NO_COLOR: '1' }, true, { unicode: true, color: false }],
    [{ NO_COLOR: '' }, true, { unicode: false, color: true }],
    [{ TERM: 'dumb' }, true, { unicode: false, color: false }],
    [{ FORCE_COLOR: '1' }, false, { unicode: false, color: true }],
    [{ FORCE_COLOR: '0' }, true, { unicode: false, color: false }],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, { unicode: false, color: true }],
  ] as const;
  for (const [env, isTerminal, expected] of cases) {
    test(`${JSON.stringify(env)} ${isTerminal ? 'on a terminal' : 'in a pipe'}`, () => {
      assert.deepEqual(detectTextStyle({ env, isTerminal }), expected);
    });
  }
});
