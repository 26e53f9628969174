import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { SubmittedQuery } from '../../src/source/snowflake/snowflake-options.js';
import { connectionTo, never, readAll, sandboxFor, sourceOptions, withSource } from './fixture.js';

describe('what is not what it seems', () => {
  const sandbox = sandboxFor({ seed: { rows: 5 } });
  const reading = async (sql: string) => {
    const notices: string[] = [];
    const options = sourceOptions(sandbox(), { query: { mode: 'custom', sql } }, { notices });
    // Looked over, as before the first request: no row is handed out.
    const { warnings = [] } = await withSource(options, (source) => source.inspect(never));
    return [...warnings, ...notices].join('\n');
  };

  for (const [status, said] of [
    [200, /HTTP 200, and not an answer of Snowflake/],
    [403, /HTTP 403 with text\/html, not an answer of Snowflake/],
  ] as const) {
    it(`a login page with status ${status} is told by its status, and nothing of it is quoted`, async () => {
      const server = createServer((request, response) => {
        request.resume();
        response.writeHead(status, { 'content-type': 'text/html; a=quoted-row' });
        response.end('<html>quoted-row</html>');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const connection = { ...connectionTo(sandbox()), access_url: `http://127.0.0.1:${port}` };
      const patience = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 };
      await assert.rejects(readAll(sourceOptions(sandbox(), { connection, patience })), (error) => {
        assert.ok(error instanceof SuperviseError);
        assert.match(error.message, said);
        assert.match(error.hint ?? '', /snowflake\.access_url/);
        assert.doesNotMatch(error.message, /quoted-row/);
        return true;
      });
      server.closeAllConnections();
      server.close();
    });
  }

  it('one value under every token is told of: it may be a mask', async () => {
    assert.match(
      await reading("SELECT '***MASKED***' AS v, 'tok' || seq AS t FROM range(500) r(seq)"),
      /the first 500 tokens all have one and the same value.*snowflake\.role/,
    );
  });

  it('a result that was cut short is told of: by a limit in the query, or in that of somebody else', async () => {
    const limited = "SELECT 'v' || seq AS v, 'tok' || seq AS t FROM range(2000) r(seq)";
    assert.match(await reading(`${limited} LIMIT 40`), /exactly as many rows as it is limited to \(40\)/);
    assert.equal(await reading(`${limited} WHERE 'LIMIT 2000' <> 'a' -- LIMIT 2000\n LIMIT 3000`), '');
    const submitted: SubmittedQuery[] = [];
    await readAll(sourceOptions(sandbox(), { query: { mode: 'custom', sql: limited } }, { submitted }));
    const foreign = sourceOptions(sandbox(), { queryId: submitted[0]?.queryId });
    assert.match(
      (await withSource(foreign, (source) => source.inspect(never))).warnings?.join() ?? '',
      /exactly 2,000 rows: if whoever asked for it had a limit/,
    );
  });

  it('values that repeat, and a few that are equal, are not told of', async () => {
    assert.equal(
      await reading("SELECT (seq % 2)::VARCHAR AS v, 'tok' || seq AS t FROM range(500) r(seq)"),
      '',
    );
    assert.equal(await reading("SELECT 'a' AS v, 'tok' || seq AS t FROM range(2) r(seq)"), '');
  });

  it('a query without rows is told of: a row access policy may hide them', async () => {
    assert.match(await reading("SELECT 'a' AS v, 'b' AS t WHERE 1=0"), /gives no rows.*snowflake\.role/);
  });
});
