import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { locateJsonError } from '../../src/config/locate-json-error.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const damaged = fc
  .tuple(
    fc.json(),
    fc.nat(),
    fc.nat(3),
    fc.constantFrom('', '"', ',', '{', ']', ':', '\\', '0', '-', 'e', '.', 'tru', '\n', '\u0001'),
  )
  .map(([json, at, removed, inserted]) => {
    const start = at % (json.length + 1);
    return json.slice(0, start) + inserted + json.slice(start + removed);
  });

test('a mistake is found exactly where JSON.parse finds a text wrong', () => {
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string(), fc.json()), (text) => {
      assert.equal(locateJsonError(text) === undefined, isJson(text));
    }),
    { numRuns: 3000 },
  );
});

test('a text cut anywhere is wrong at its end, or before', () => {
  const whole = '{"a":[1,-2.5e3,true,null,{"b":"c\\u00e4\\n"}],\r\n"d":{}}';
  for (let length = 0; length < whole.length; length += 1) {
    assert.ok(locateJsonError(whole.slice(0, length)) !== undefined);
  }
  assert.equal(locateJsonError(whole), undefined);
});

test('line and column count from 1, whatever ends the lines', () => {
  const cases: [text: string, line: number, column: number][] = [
    ['', 1, 1],
    ['{"a":1,}', 1, 8],
    ['{\n"a" 1}', 2, 5],
    ['{\r\n\r\n  a: 1}', 3, 3],
    ['{"a": "b\nc"}', 1, 7],
    ['{"a": // note\n1}', 1, 7],
    ["{'a': 1}", 1, 2],
    ['{"a": 1} x', 1, 10],
    ['{"a": "\\x"}', 1, 7],
  ];
  for (const [text, line, column] of cases) {
    const error = locateJsonError(text);
    assert.deepEqual([error?.line, error?.column], [line, column], JSON.stringify(text));
  }
});

test('nesting without end is refused, not a crash', () => {
  assert.match(locateJsonError('['.repeat(200_000))?.reason ?? '', /nested too deeply/);
});
