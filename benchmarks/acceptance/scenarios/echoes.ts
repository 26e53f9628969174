import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { Rig } from '../rig.js';
import { judge, type Scenario } from '../scenario.js';
import { SPELLINGS } from '../spellings.js';

const bases = ['123-45-6789', "Zoë O'Brien & Müller"];
/** Each base in each way of writing it: 74. */
const echoes = bases.flatMap((base) => SPELLINGS.map(([, spell]) => ({ base, echo: spell(base) })));
/** Stands in every message of the vault, and in no word of ours. */
const mark = '\u2020';

export const echoedFailures: Scenario = {
  name: 'echoes',
  promise:
    'Every record fails, and the vault quotes each in one of 74 spellings: in error logs they stand in full, and nowhere else.',
  usual: { records: 10_000, kills: 0 },
  async run({ records }, stage) {
    const { server, url } = await startEchoingVault();
    try {
      await using rig = await Rig.open(stage, {
        skyflow: { vault_url: url },
        performance: { batch_size: 1, max_concurrency: 8, max_errors: '100%' },
      });
      const cells = [
        ['ssn', 'ssn_token'],
        ['first', 'tok_first'],
      ];
      for (let row = 0; row < records; row += 1)
        cells.push([`"${echoes[row % echoes.length]?.base ?? ''}#${row}"`, `tok_${row}`]);
      for (const [at, file] of ['ssn_data.csv', 'ssn_tokens.csv'].entries())
        await writeFile(rig.at('data', file), `${cells.map((row) => row[at]).join('\n')}\n`);
      const said = await rig.run(['load', '--verbose'], [1]);
      const { totals } = await rig.summary();
      const files = await readFiles(await rig.newestRun());
      const logs = files.filter(({ name }) => /^(merged_)?error_log_/.test(name));
      const others = [
        { name: 'the terminal', content: said },
        ...files.filter((file) => !logs.includes(file)),
      ];
      const spelled = echoes.map(({ echo }) => echo).filter((echo) => echo.length > 4);
      const found = others.filter(({ content }) =>
        [mark, 'tok_', ...spelled].some((one) => content.includes(one)),
      );
      const log = logs.find(({ name }) => name.startsWith('error_log_'))?.content ?? '';
      return judge(
        {
          failed: totals.failed,
          ...{ spellings: echoes.length, files_searched: others.length, found_outside: found.length },
          found_in_error_log: log.split(mark).length - 1,
        },
        ['found_outside'],
        {
          'all but the first failed': totals.failed === records && totals.uploaded === 1,
          'no id is kept that quotes a record': !log.includes('"request_id"'),
          'the words of the vault stand in the error log': log.split(mark).length - 1 >= records,
        },
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
};

const insertSchema = z.object({
  records: z.array(z.object({ fields: z.object({ ssn: z.string() }), tokens: z.unknown() })).min(1),
});

/** A vault that takes the first record, and refuses every other in its own words. */
async function startEchoingVault(): Promise<{ server: Server; url: string }> {
  const refusal = (code: number, message: string, grpc: number): string =>
    JSON.stringify({ error: { http_code: code, grpc_code: grpc, message, details: [] } });
  let isFirst = true;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const insert = insertSchema.safeParse(body === '' ? undefined : JSON.parse(body));
      if (!insert.success) {
        response.writeHead(404).end(refusal(404, 'Tokens not found', 5));
        return;
      }
      const { records } = insert.data;
      if (isFirst) {
        isFirst = false;
        response.end(JSON.stringify({ records: records.map(({ tokens }) => ({ skyflow_id: 'x', tokens })) }));
        return;
      }
      const row = Number(records[0]?.fields.ssn.split('#').at(-1));
      const { echo = '' } = echoes[row % echoes.length] ?? {};
      const header = echo.replace(/[^\w.:/+=-]/g, '_');
      response.writeHead(400, { 'x-request-id': header }).end(refusal(400, `[${echo}] ${mark}`, 3));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}

async function readFiles(folder: string): Promise<{ name: string; content: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ name, parentPath }) => ({
        name,
        content: await readFile(join(parentPath, name), 'utf8'),
      })),
  );
}
