import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { reasonsOf } from '../support/logged-failures.js';
import { loadingChild } from '../support/running-load.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(300, 'name');

type Fate = 'pass' | 'hold' | 'hold after the effect' | 'cut after the effect';

/** Stands before a vault and says of each request what becomes of it; what it holds is never answered. */
async function standBefore(
  vaultUrl: string,
  decide: (route: 'insert' | 'detokenize' | 'query', number: number) => Fate | Promise<Fate>,
): Promise<{ url: string; held(): number; close(): Promise<void> }> {
  const counts = { insert: 0, detokenize: 0, query: 0 };
  let held = 0;
  const server = createServer((request, response) => {
    const last = request.url?.split('/').at(-1);
    const route = last === 'detokenize' || last === 'query' ? last : 'insert';
    counts[route] += 1;
    const answer = async (): Promise<void> => {
      const [body, fate] = await Promise.all([buffer(request), decide(route, counts[route])]);
      if (fate === 'hold') return void (held += 1);
      const { authorization = '', 'content-type': type = '' } = request.headers;
      const answered = await fetch(new URL(request.url ?? '/', vaultUrl), {
        ...{ method: request.method ?? 'POST', headers: { authorization, 'content-type': type } },
        ...(body.length > 0 ? { body } : {}),
      });
      const text = await answered.text();
      if (fate === 'hold after the effect') held += 1;
      else if (fate === 'cut after the effect') response.destroy();
      else response.writeHead(answered.status, { 'content-type': 'application/json' }).end(text);
    };
    void answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    held: () => held,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Loads through it until something is held, and kills every process; then resumes, with nobody in front. */
async function killedWhileHeld(options: {
  readonly during: readonly string[];
  readonly skyflow?: object;
  readonly concurrency?: number;
  readonly decide: (
    ...request: [...Parameters<Parameters<typeof standBefore>[1]>, TestSandbox]
  ) => Fate | Promise<Fate>;
  readonly rows?: typeof pairs;
  /** Of the sandbox, during the resume. */
  readonly after?: object;
}) {
  const { rows = pairs, concurrency = 4 } = options;
  const workspace = await Workspace.create();
  const sandbox = await startSandbox(workspace.path, options.during);
  const front = await standBefore(sandbox.url, (...request) => options.decide(...request, sandbox));
  const settings = {
    performance: { batch_size: 50, max_concurrency: concurrency },
    skyflow: { settle_ms: 50, ...options.skyflow },
  };
  await workspace.writePairs('NAME', rows);
  await workspace.configure(front.url, ['NAME'], settings);
  const load = workspace.start(['--all']);
  await waitUntil('something is held', () => Promise.resolve(front.held() > 0));
  const child = await loadingChild(workspace, 'NAME');
  // The child first: without a parent it would settle what it has before it ends.
  process.kill(child, 'SIGKILL');
  load.child.kill('SIGKILL');
  await load.ended;
  await front.close();
  await sandbox.set({ keptTokens: 'sent', wrongToken: { next: 0, rate: 0 }, ...options.after });
  await workspace.configure(sandbox.url, ['NAME'], settings);
  const end = await workspace.run(['resume', '--use-current-config']);
  const inVault = await sandbox.pairs(vaults.NAME.id, 'name');
  const [reasons, { totals }] = [await reasonsOf(workspace), await workspace.summary()];
  await sandbox[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
  return { end, inVault, values: inVault.map((pair) => pair.split('\t')[0]).sort(), reasons, totals };
}

/** From the third request on, each has its effect under a foreign token and is never answered. */
const oneUnderForeignToken: Parameters<typeof killedWhileHeld>[0] = {
  during: ['faultRoutes=["insert"]'],
  concurrency: 1,
  decide: async (route, number, sandbox) => {
    if (route !== 'insert' || number < 3) return 'pass';
    await sandbox.set({ wrongToken: { next: 1 } });
    return 'hold after the effect';
  },
};

const values = pairs.map(([value]) => value).sort();

test('a kill while records under foreign tokens are looked up has none of them sent again', async () => {
  const {
    end,
    values: stored,
    reasons,
  } = await killedWhileHeld({
    during: ['wrongToken.next=1', 'faultRoutes=["insert"]'],

    decide: (route, number) => (route === 'detokenize' && number > 1 ? 'hold' : 'pass'),
  });

  assert.equal(end.status, 1, end.stdout + end.stderr);
  assert.deepEqual(stored, values, 'each value stands in the vault once');
  assert.deepEqual(Object.keys(reasons), ['token_mismatch']);
});

test('a kill before the only request is answered has nothing of it sent again where the vault kept no tokens', async () => {
  const {
    end,
    values: stored,
    reasons,
  } = await killedWhileHeld({
    during: ['keptTokens=own'],
    decide: (route) => (route === 'insert' ? 'hold after the effect' : 'pass'),
  });

  assert.equal(end.status, 1, end.stdout + end.stderr);
  assert.deepEqual(stored, values, 'each value stands in the vault once');
  assert.deepEqual(reasons, { token_unproven: 50 });
  assert.match(end.stdout, /held back/);
});

test('a kill before a request is answered has single records of it that stand under foreign tokens not sent again', async () => {
  const { end, values: stored, reasons } = await killedWhileHeld(oneUnderForeignToken);

  assert.equal(end.status, 1, end.stdout + end.stderr);
  assert.deepEqual(stored, values, 'each value stands in the vault once');
  // Which of the rows that were handed out is the one, nobody knows.
  assert.deepEqual(Object.keys(reasons), ['token_unproven']);
  assert.match(end.stdout, /held back/);
});

test('where nobody counts the table such a record may be there twice: the end and the summary say of how many nobody knows', async () => {
  const {
    end,
    values: stored,
    totals,
  } = await killedWhileHeld({
    ...oneUnderForeignToken,
    after: { faultRoutes: ['query'], errorBefore: { rate: 1, status: 403 } },
  });

  assert.equal(end.status, 0, end.stdout + end.stderr);
  assert.deepEqual([...new Set(stored)], values, 'none is missing');
  assert.equal(stored.length, values.length + 1, 'this is what is warned of');
  assert.equal(totals.resent_uncounted, totals.resent);
  assert.ok(totals.resent > 0);
  assert.match(
    end.stdout.replaceAll(/\s+/g, ' '),
    new RegExp(`answer was unknown: .*${totals.resent} sent again where nothing tells whether the vault had`),
  );
});

for (const [what, fate] of [
  ['came through', 'hold after the effect'],
  ['had no effect', 'hold'],
] as const) {
  test(`a kill before the only request is answered costs nothing where it ${what} and tokens are kept`, async () => {
    const { end, inVault } = await killedWhileHeld({
      during: [],
      decide: (route) => (route === 'insert' ? fate : 'pass'),
    });

    assert.equal(end.status, 0, end.stdout + end.stderr);
    assert.deepEqual(inVault, asMultiset(pairs));
  });
}

test('records whose answer was lost before foreign tokens were seen are not sent again by a resume', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'keptTokens=own',
    'resetAfter.next=1',
    'faultRoutes=["insert"]',
  ]);
  await workspace.writePairs('NAME', pairs);
  await workspace.configure(sandbox.url, ['NAME'], {
    performance: { batch_size: 50, max_concurrency: 4 },
    skyflow: { settle_ms: 50 },
  });
  await workspace.run(['--all'], { status: 3 });
  await sandbox.set({ keptTokens: 'sent' });

  await workspace.run(['resume'], { status: 1 });
  const stored = (await sandbox.pairs(vaults.NAME.id, 'name')).map((pair) => pair.split('\t')[0]);
  assert.deepEqual(stored.sort(), values, 'each value stands in the vault once');
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.failed, totals.held, totals.uploaded], [100, 50, 200]);
});

test('a load of one request whose answer is lost is complete, with the effect and without it', async () => {
  for (const fault of ['resetAfter.next=1', 'resetBefore.next=1']) {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [fault, 'faultRoutes=["insert"]']);
    await workspace.writePairs('NAME', pairs.slice(0, 40));
    await workspace.configure(sandbox.url, ['NAME'], { skyflow: { settle_ms: 50 } });

    const end = await workspace.run(['--all']);

    assert.equal(end.status, 0, `${fault}: ${end.stdout}${end.stderr}`);
    assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs.slice(0, 40)), fault);
  }
});

test('a load that begins in an outage sends nothing before the vault serves, so that no first request is lost in a table that holds others', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['retryAfter=none']);
  const [others, rows] = [pairs.slice(0, 7), pairs.slice(7, 47)];
  await workspace.writePairs('NAME', others);
  await workspace.configure(sandbox.url, ['NAME'], { skyflow: { settle_ms: 50 } });
  await workspace.run(['--all'], { status: 0 });
  await workspace.writePairs('NAME', rows);
  await sandbox.set({ outage: { next: 1, status: 503, durationMs: 1_500 } });

  const end = await workspace.run(['--all'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset([...others, ...rows]));
  assert.match(end.stdout, /nothing is sent until it does/);
});
