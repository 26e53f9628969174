import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import * as z from 'zod';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';

const SECRET = 'sentinel-secret-7f3a';

/** What a test is given: a folder with a configuration and a CSV pair that are right. */
interface Arranged {
  readonly workspace: Workspace;
  readonly url: string;
}

interface Refusal {
  readonly what: string;
  /** Spoils something; returns the words of the command line. */
  readonly spoil: (arranged: Arranged) => Promise<readonly string[]>;
  /** What the message must say. */
  readonly says: readonly RegExp[];
}

const withPerformance =
  (performance: object) =>
  async ({ workspace, url }: Arranged): Promise<readonly string[]> => {
    await workspace.configure(url, ['NAME'], { performance });
    return ['--all'];
  };
const withSkyflow =
  (skyflow: object) =>
  async ({ workspace, url }: Arranged): Promise<readonly string[]> => {
    await workspace.configure(url, ['NAME'], { skyflow });
    return ['--all'];
  };
const withFile =
  (content: string) =>
  async ({ workspace }: Arranged): Promise<readonly string[]> => {
    await writeFile(workspace.at('config.json'), content);
    return ['--all'];
  };
const withWords =
  (...words: string[]) =>
  (): Promise<readonly string[]> =>
    Promise.resolve(words);

const vault = (name: string) => ({ name, id: 'vault-name', column: 'name' });

const refusals: readonly Refusal[] = [
  {
    what: 'no configuration file',
    spoil: ({ workspace }) => Promise.resolve(['--config', workspace.at('nowhere.json')]),
    says: [
      /there is no configuration file .*nowhere\.json/,
      /Make one by answering questions: skyflow-supervise init$/m,
    ],
  },
  {
    what: 'a directory where the configuration file should be',
    spoil: ({ workspace }) => Promise.resolve(['--config', workspace.at('data')]),
    says: [/data/, /director/],
  },
  {
    what: 'a configuration that is not JSON',
    spoil: withFile(`{\n  "skyflow": {\n    "bearer_token": "${SECRET}" "vaults": []\n  }\n}\n`),
    says: [/config\.json/, /line 3, column \d+/],
  },
  {
    what: 'an empty configuration file',
    spoil: withFile(''),
    says: [/config\.json/],
  },
  {
    what: 'wrong types, all of them told at once',
    spoil: async ({ workspace, url }) => {
      await workspace.configure(url, ['NAME'], {
        skyflow: { bearer_token: [SECRET] },
        performance: { batch_size: 'many', max_concurrency: null },
      });
      return ['--all'];
    },
    says: [
      /there are 3 mistakes/,
      /performance\.batch_size/,
      /performance\.max_concurrency/,
      /skyflow\.bearer_token/,
    ],
  },
  {
    what: 'an unknown key',
    spoil: withPerformance({ batch_sise: 5 }),
    says: [/performance\.batch_sise/, /did you mean performance\.batch_size\?/],
  },
  { what: 'no vaults', spoil: withSkyflow({ vaults: [] }), says: [/skyflow\.vaults/, /at least one vault/] },
  {
    what: 'two vaults of one name',
    spoil: withSkyflow({ vaults: [vault('NAME'), vault('name')] }),
    says: [/skyflow\.vaults\[1\]\.name/, /which skyflow\.vaults\[0\] has too/],
  },
  ...[0, -1, 1.5, 1e9].map((size) => ({
    what: `a batch size of ${size}`,
    spoil: withPerformance({ batch_size: size }),
    says: [
      /performance\.batch_size/,
      new RegExp(`found ${size}`),
      /a whole number from 1 to 10,000/,
    ] as const,
  })),
  {
    what: 'a batch size of -1 on the command line',
    spoil: withWords('--all', '--batch-size', '-1'),
    says: [/--batch-size/, /a whole number from 1 to 10,000/],
  },
  {
    what: 'an http URL to a host that is not this machine',
    spoil: withSkyflow({ vault_url: 'http://vault.example' }),
    says: [/skyflow\.vault_url/, /http to vault\.example, which would send records and token unencrypted/],
  },
  {
    what: 'append_suffix unsaid for a real vault',
    spoil: async ({ workspace }) => {
      await workspace.configure('https://vault.example', ['NAME'], {
        performance: { append_suffix: undefined },
      });
      return ['--all'];
    },
    says: [/performance\.append_suffix/, /--append-suffix=false to load the data as it is/],
  },
  {
    what: 'a token with a newline',
    spoil: withSkyflow({ bearer_token: `${SECRET}\n` }),
    says: [/skyflow\.bearer_token/, /a text of 21 characters with a line break in it/],
  },
  {
    what: 'a token with a newline on the command line',
    spoil: withWords('--all', '--token', `${SECRET}\nx`),
    says: [/a text of 22 characters with a line break in it/, /--token on the command line can be read by/],
  },
  {
    what: 'no token at all',
    spoil: withSkyflow({ bearer_token: undefined }),
    says: [/--token, SKYFLOW_BEARER_TOKEN or the key skyflow\.bearer_token/],
  },
  {
    what: 'a data directory that is missing',
    spoil: withWords('--all', '--data-dir', 'elsewhere'),
    says: [/the data directory .*elsewhere does not exist/, /--data-dir/],
  },
  {
    what: 'a data directory that is a file',
    spoil: withWords('--all', '--data-dir', 'config.json'),
    says: [/the data directory .*config\.json is not a directory/],
  },
  {
    what: 'a run directory below a file, which nobody can write',
    spoil: withWords('--all', '--run-dir', 'config.json/runs'),
    says: [/config\.json\/runs/, /--run-dir/],
  },
  {
    what: 'an unknown flag',
    spoil: withWords('--all', '--batch-sise', '5'),
    says: [/--batch-sise/, /Did you mean --batch-size\?/],
  },
  {
    what: 'an unknown vault',
    spoil: withWords('--vault', 'NMAE'),
    says: [/NMAE/, /did you mean NAME\?/],
  },
  {
    what: 'an unknown value of a flag',
    spoil: withWords('--all', '--append-suffix=perhaps'),
    says: [/--append-suffix/, /true or false/],
  },
  { what: 'an unknown command', spoil: withWords('laod'), says: [/laod/, /load/] },
];

describe('wrong usage and configuration end with 2 before anything is started', () => {
  let sandbox: TestSandbox;
  let home: Workspace;
  before(async () => {
    home = await Workspace.create();
    sandbox = await startSandbox(home.path);
  });
  after(async () => {
    await sandbox[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  });

  for (const { what, spoil, says } of refusals) {
    test(`${what}: said clearly, as text and as JSON, nothing sent, no run`, async () => {
      await using workspace = await Workspace.create();
      await workspace.configure(sandbox.url, ['NAME']);
      await workspace.writePairs('NAME', makePairs(3));
      const words = await spoil({ workspace, url: sandbox.url });
      const config = await readFile(workspace.at('config.json'));

      const end = await workspace.run([...words, '--json'], { status: 2 });
      const document = refusalSchema.parse(JSON.parse(end.stdout));
      assert.deepEqual([document.status, document.exit_code], ['not_started', 2]);
      for (const pattern of says) assert.match(end.stderr, pattern);
      const { message, hint = '' } = document.error;
      assert.ok(end.stderr.includes(`error: ${message}\n${hint}`), 'text and JSON say the same');
      assert.ok(!`${end.stdout}${end.stderr}`.includes(SECRET), 'no secret is repeated');
      assert.doesNotMatch(end.stderr, /\n {4}at |node:internal/, 'no stack trace');
      assert.equal((await sandbox.stats())['requests'], 0);
      assert.deepEqual(await workspace.runs(), []);
      assert.deepEqual(await readFile(workspace.at('config.json')), config);
    });
  }

  test('a folder without config.json: the message says how to make one, and none appears', async () => {
    await using workspace = await Workspace.create();

    const end = await workspace.run([], { status: 2 });
    assert.equal(end.stdout, '', 'without --json the message is on stderr alone');
    assert.match(end.stderr, /there is no configuration file .*config\.json/);
    await assert.rejects(readFile(workspace.at('config.json')), { code: 'ENOENT' });
  });

  test('a run directory that is a file is refused as well', async () => {
    await using workspace = await Workspace.create();
    await workspace.configure(sandbox.url, ['NAME']);
    await workspace.writePairs('NAME', makePairs(3));
    await mkdir(workspace.at('taken'));
    await writeFile(workspace.at('taken', 'runs'), '');

    const end = await workspace.run(['--all', '--run-dir', 'taken/runs'], { status: 2 });
    assert.match(end.stderr, /taken\/runs/);
    assert.equal((await sandbox.stats())['requests'], 0);
  });
});

const refusalSchema = z.object({
  status: z.string(),
  exit_code: z.int(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});
