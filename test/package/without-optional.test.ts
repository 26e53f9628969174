import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { skipRules } from '../support/optional-packages.js';

const tests = resolve(import.meta.dirname, '..');

/** Packages that `npm ci --omit=optional` leaves out, or of which it leaves the machine's own part out. */
const optional = /^(?:snowflake-sdk|bullmq|pg|@duckdb\/.*)$/;

/** What a module imports before its first statement: its own modules, resolved, and names of packages. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const names = [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)";|^import "([^"]+)";/gm)];
  return names.map(([, from, bare]) => from ?? bare ?? '');
}

/** An optional package without which a module cannot be loaded at all, and by way of what; undefined: there is none. */
function wantedBy(file: string, seen: Set<string>): string | undefined {
  if (seen.has(file)) return undefined;
  seen.add(file);
  for (const name of importsOf(file)) {
    if (optional.test(name)) return `${name} (${file.slice(tests.length + 1)})`;
    const own = resolve(dirname(file), name);
    const found = name.startsWith('.') && existsSync(own) ? wantedBy(own, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

test('a test file that cannot be loaded without an optional package is skipped where that is missing', () => {
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.js'),
  );
  assert.ok(files.length > 200);
  const wanting = files.flatMap((name) => {
    const wanted = wantedBy(join(tests, name), new Set());
    return wanted === undefined ? [] : [{ name, wanted }];
  });
  assert.ok(wanting.length > 0, 'there is a test that needs one');
  assert.deepEqual(
    wanting.filter(({ name }) => !skipRules.some(([part]) => name.includes(part))),
    [],
  );
});

/** As on a machine where they were not installed: nothing finds them, neither `import` nor `require`. */
const hide = `
  import Module, { register } from 'node:module';
  const hidden = ${String(optional)};
  const missing = (name) => Object.assign(new Error('Cannot find package ' + name), { code: 'MODULE_NOT_FOUND' });
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = function (name, ...rest) {
    if (hidden.test(name)) throw missing(name);
    return resolveFilename.call(this, name, ...rest);
  };
  register('data:text/javascript,' + encodeURIComponent(
    'export async function resolve(name, context, next) {' +
    '  if (' + hidden + '.test(name)) throw Object.assign(new Error(name), { code: "ERR_MODULE_NOT_FOUND" });' +
    '  return next(name, context);' +
    '}'));`;

test('without optional packages the tests that need them are skipped, each by its name, and all others pass', async () => {
  const words = ['connections/hosts', 'source/parquet/', 'sandbox-snowflake/login', 'store/'];
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const end = await new Promise<{ status: unknown; stdout: string }>((done) => {
    const script = [join(tests, 'run-tests.js'), ...words];
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hide)}`;
    execFile(process.execPath, script, { env: { ...env, NODE_OPTIONS } }, (error, stdout) => {
      done({ status: error?.code ?? 0, stdout });
    });
  });
  assert.equal(end.status, 0, end.stdout);
  assert.match(end.stdout, /\n[1-9]\d* passed, 0 failed\n$/);
  assert.match(end.stdout, /ℹ skipped [1-9]/);
  for (const line of [
    /^skipped: source\/parquet\/.*: @duckdb\/node-bindings is not installed$/m,
    /^skipped: sandbox-snowflake\/login\.test\.js: .* is not installed$/m,
    /^skipped: store\/.*: bullmq is not installed$/m,
  ])
    assert.match(end.stdout, line);
});
