import '../sandbox-snowflake/driver-environment.js';
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { withoutDriver } from '../support/optional-packages.js';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { wireExpression } from '../../src/sandbox/snowflake/wire-types.js';
import type { Driver, DriverConnection, DriverStatement } from '../../src/source/snowflake/load-driver.js';

const require = createRequire(import.meta.url);
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const answered = <T>(call: (done: (error: unknown, value: T) => void) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    call((error, value) => {
      if (error === undefined || error === null) resolve(value);
      else reject(error instanceof Error ? error : new Error('what was thrown is no error'));
    });
  });

describe('Snowflake’s own drivers of two majors, unchanged', { skip: withoutDriver }, () => {
  let sandbox: SnowflakeSandbox;
  before(async () => {
    sandbox = await startSnowflakeSandbox({
      seed: { rows: 300 },
      results: { inlineRows: 20, chunkRows: 50 },
      users: [
        {
          ...{ name: 'loader', password: 'sandbox-password', programmaticAccessToken: 'a-pat' },
          publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        },
        {
          name: 'jane.doe@example.com',
          publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        },
      ],
    });
  });
  after(() => sandbox.close());

  for (const [major, name] of [
    [2, 'snowflake-sdk-2'],
    [3, 'snowflake-sdk'],
  ] as const) {
    it(`version ${major} logs in three ways, streams every chunk, goes on by query id, and tells of errors`, async () => {
      const { version } = require(`${name}/package.json`) as { version: string };
      assert.equal(Number(version.split('.')[0]), major);
      const driver = require(name) as Driver;
      driver.configure({ logLevel: 'OFF', useEnvProxy: false });
      const connect = async (credentials: object): Promise<DriverConnection> => {
        const connection = driver.createConnection({
          ...{ account: 'sandbox', accessUrl: sandbox.accessUrl, username: 'loader', warehouse: 'WH' },
          ...{ database: 'CLINIC', schema: 'PUBLIC', application: 'conformance', authenticator: 'SNOWFLAKE' },
          ...{ clientSessionKeepAlive: false, resultPrefetch: 1, rowStreamHighWaterMark: 10 },
          ...{ sfRetryMaxLoginRetries: 1, ...credentials },
        });
        await answered<undefined>((done) => connection.connect((error) => done(error, undefined)));
        return connection;
      };
      const run = (connection: DriverConnection, sqlText: string): Promise<DriverStatement> =>
        answered((done) =>
          connection.execute({ sqlText, streamResult: true, rowMode: 'array', complete: done }),
        );
      const rows = (statement: DriverStatement): Promise<unknown[]> =>
        statement.streamRows({ start: 0, end: statement.getNumRows() - 1 }).toArray();

      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      for (const credentials of [
        { password: 'sandbox-password' },
        { password: 'a-pat' },
        { authenticator: 'SNOWFLAKE_JWT', privateKey: pem },
      ]) {
        const connection = await connect(credentials);
        assert.deepEqual(await rows(await run(connection, 'SELECT CURRENT_USER()')), [['LOADER']]);
        await answered<undefined>((done) => connection.destroy((error) => done(error, undefined)));
      }

      const connection = await connect({ password: 'sandbox-password' });
      const statement = await run(connection, 'SELECT ID, SSN FROM PATIENTS ORDER BY ID');
      const all = await rows(statement);
      assert.equal(all.length, 300);
      const again = await answered<DriverStatement>((done) =>
        connection.fetchResult({
          ...{ queryId: statement.getQueryId(), streamResult: true as const, rowMode: 'array' as const },
          complete: done,
        }),
      );
      assert.deepEqual(await again.streamRows({ start: 100, end: 199 }).toArray(), all.slice(100, 200));
      const [first] = (await rows(
        await run(connection, "SELECT TO_VARCHAR('2020-01-02 03:04:05.123456'::TIMESTAMP_NTZ), NULL, 'a'"),
      )) as unknown[][];
      assert.deepEqual(first?.slice(1), [null, 'a']);
      await assert.rejects(run(connection, 'SELECT 1 FROM NOWHERE'), { code: '002003', sqlState: '42S02' });

      // As snowflake-promise 5 asks for it, which sends nothing of its own: values bound, rows gathered, named by column.
      const execute: unknown = Reflect.get(connection, 'execute');
      assert.ok(typeof execute === 'function');
      const gathered = await answered<unknown>((done) => {
        const options = {
          sqlText: 'SELECT ID, SSN, ? AS said FROM PATIENTS WHERE ID <> ? ORDER BY ID',
          binds: ['a', 'nobody'],
          complete: (error: unknown, _statement: unknown, found: unknown) => done(error, found),
        };
        Reflect.apply(execute, connection, [options]);
      });
      assert.deepEqual(
        gathered,
        (all as unknown[][]).filter(([ID]) => ID !== null).map(([ID, SSN]) => ({ ID, SSN, SAID: 'a' })),
      );
      await answered<undefined>((done) => connection.destroy((error) => done(error, undefined)));
    });
  }

  it('gosnowflake names its user in `sub` alone: a key-pair login without LOGIN_NAME is taken', async () => {
    const fingerprint = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64');
    const assertion = (subject: string): string => {
      const claims = { iss: `${subject}.SHA256:${fingerprint}`, sub: subject, exp: Date.now() / 1000 + 60 };
      const signed = [{ alg: 'RS256', typ: 'JWT' }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
    };
    const token = assertion('SANDBOX.LOADER');
    const logIn = async (changes: object): Promise<unknown> => {
      const data = { ACCOUNT_NAME: 'sandbox', AUTHENTICATOR: 'SNOWFLAKE_JWT', TOKEN: token, ...changes };
      const answer = await fetch(`${sandbox.accessUrl}/session/v1/login-request`, {
        method: 'POST',
        body: JSON.stringify({ data }),
      });
      return ((await answer.json()) as { success: unknown }).success;
    };
    assert.equal(await logIn({}), true);
    assert.equal(await logIn({ LOGIN_NAME: '' }), false, 'an empty name is nobody’s');
    assert.equal(await logIn({ TOKEN: `${token}x` }), false);
    assert.equal(await logIn({ TOKEN: assertion('SANDBOX.JANE.DOE@EXAMPLE.COM') }), true, 'dots in a name');
    const region = { ACCOUNT_NAME: 'xy12345.us-east-1', TOKEN: assertion('XY12345.LOADER') };
    assert.equal(await logIn(region), true, 'an assertion leaves the region out');
    assert.equal(await logIn({ TOKEN: assertion('OTHER.LOADER') }), false);
    // A programmatic access token is a password of its own user alone.
    const password = { AUTHENTICATOR: 'SNOWFLAKE', TOKEN: undefined, PASSWORD: 'a-pat' };
    assert.equal(await logIn({ ...password, LOGIN_NAME: 'Loader' }), true);
    assert.equal(await logIn({ ...password, LOGIN_NAME: 'jane.doe@example.com' }), false);
  });

  it('NULLs are larger than everything, and fractions of seconds are exact', async () => {
    const { rows } = await sandbox.runSql('SELECT x FROM (VALUES (1), (NULL), (2)) v(x) ORDER BY x DESC');
    assert.deepEqual(
      rows.map(([x]) => x),
      [null, 2, 1],
    );
    const ascending = await sandbox.runSql('SELECT x FROM (VALUES (1), (NULL), (2)) v(x) ORDER BY x');
    assert.deepEqual(
      ascending.rows.map(([x]) => x),
      [1, 2, null],
    );
    const times = ["'9999-12-31 23:59:59.999999'", "'1969-12-31 23:59:59.5'", "'2020-01-02 03:04:05.000001'"];
    for (const [at, seconds] of [
      '253402300799.999999000',
      '-0.500000000',
      '1577934245.000001000',
    ].entries()) {
      const sql = wireExpression(`${times[at] ?? ''}::TIMESTAMP`, 'timestamp_ntz');
      assert.deepEqual((await sandbox.runSql(`SELECT ${sql}`)).rows, [[seconds]]);
    }
  });
});
