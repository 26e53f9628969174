import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { sourceError } from '../../src/source/snowflake/driver-failure.js';
import { plan, readAll, sandboxFor, sourceOptions } from './fixture.js';

describe('a query that Snowflake refuses', () => {
  const sandbox = sandboxFor({ seed: { rows: 5 } });

  it('is an error with SQL state, message, query id and the SQL', async () => {
    const options = sourceOptions(sandbox(), { query: { mode: 'simple', table: 'NO_SUCH_TABLE' } });
    await assert.rejects(readAll(options), (error) => {
      assert.ok(error instanceof SuperviseError);
      assert.match(error.message, /code 002003, SQL state 42S02, query [0-9a-f-]{36}/);
      assert.match(error.message, /FROM D01_SKYFLOW_POC\.SKYFLOW_POC\.NO_SUCH_TABLE/);
      assert.match(error.hint ?? '', /snowflake\.role/);
      return true;
    });
  });

  it('does not keep other vaults from theirs', async () => {
    const bad = readAll(sourceOptions(sandbox(), { query: { mode: 'custom', sql: 'SELECT nonsense' } }));
    const good = readAll(sourceOptions(sandbox()));
    await assert.rejects(bad);
    assert.ok((await good).rows > 0);
  });

  it('for a value that it cannot convert, is told without that value', () => {
    const raw = Object.assign(new Error("Numeric value '123-45-6789' is not recognized"), {
      name: 'OperationFailedError',
      code: '100038',
      sqlState: '22018',
    });
    const error = sourceError(raw, { vaultName: 'SSN', doing: 'the query failed', secrets: [] });
    assert.doesNotMatch(error.message, /123/);
    assert.match(
      error.message,
      /an error in a function or in the data of the query \(code 100038, SQL state 22018\)/,
    );
  });

  for (const [code, hint] of [
    ['390197', /network policy.*second factor.*SNOWFLAKE_JWT/],
    ['390422', /network policy must allow the address/],
    ['394508', /MFA.*SNOWFLAKE_JWT.*programmatic access token/],
    ['390432', /programmatic access token needs a network policy/],
  ] as const) {
    it(`with code ${code} at the login, says what an administrator or another way of logging in can do`, () => {
      const raw = Object.assign(new Error('said of 10.1.2.3'), { name: 'OperationFailedError', code });
      const error = sourceError(raw, { vaultName: 'SSN', doing: 'cannot log in', secrets: [] });
      assert.match(error.hint ?? '', hint);
      assert.doesNotMatch(error.message, /10\.1\.2\.3/);
    });
  }

  it('for a column that is not there, says which columns to check', () => {
    const raw = Object.assign(new Error("invalid identifier 'IDD'"), {
      name: 'OperationFailedError',
      code: '000904',
    });
    const error = sourceError(raw, { vaultName: 'SSN', doing: 'the query failed', secrets: [] });
    assert.match(
      error.hint ?? '',
      /columns that the query names: the column of the vault, and that of its tokens/,
    );
  });

  it('for want of a warehouse, says which setting to check', () => {
    const raw = Object.assign(new Error('No active warehouse selected in the current session.'), {
      name: 'OperationFailedError',
      code: '000606',
      sqlState: '57P03',
    });
    const error = sourceError(raw, { vaultName: 'SSN', doing: 'the query failed', secrets: ['active'] });
    assert.match(error.hint ?? '', /snowflake\.warehouse/);
    assert.match(error.message, /no active warehouse/);
  });

  it('after its time limit is told so, and the limit is the one that was set', async () => {
    await plan(sandbox(), { slowQueryMs: 60_000 });
    const options = sourceOptions(sandbox(), { statementTimeoutSeconds: 1 });
    await assert.rejects(readAll(options), {
      message: /the statement ran into its time limit.*code 000630/s,
    });
  });
});
