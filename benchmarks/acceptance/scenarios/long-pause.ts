import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../../../src/product/product.js';
import { runRecordSchema } from '../../../src/run-record/run-record.js';
import { Rig } from '../rig.js';
import { judgeWhole, type Scenario } from '../scenario.js';

const pauseMs = 72 * 3_600_000;
const laterVersion = '99.0.0';

export const longPause: Scenario = {
  name: 'long-pause',
  promise:
    'A killed load goes on 72 hours later, by the clock, with another version of the program; its credential has expired meanwhile: nothing is lost, doubled or sent before there is another one.',
  usual: { records: 200_000, kills: 1 },
  async run({ records, kills }, stage) {
    await using rig = await Rig.open(stage, {
      sandbox: { accessTokens: [{ token: 'first' }], latency: { fixedMs: 10 } },
      skyflow: { bearer_token: undefined, bearer_token_file: 'bearer', auth_wait_ms: 0 },
    });
    const bearer = (token: string) => writeFile(rig.at('bearer'), token, { mode: 0o600 });
    await bearer('first');
    await rig.write(0, records);
    const load = rig.start(['load', '--quiet']);
    await rig.moves(Math.floor(records / 2), load);
    load.kill('all');
    await load.ended;
    const run = await rig.newestRun();
    const later = await installLater(rig);

    await rig.set({ accessTokens: [{ token: 'second' }] });
    const before = await rig.count();
    await rig.run(['resume', run, '--quiet'], [3], { program: later });
    const sent = (await rig.count()) - before;
    await bearer('second');
    await rig.runKilled(() => Promise.resolve(['resume', run, '--quiet']), {
      ...{ program: later, kills, stride: Math.floor(records / (2 * kills + 3)), all: true },
    });

    const { sessions } = runRecordSchema.parse(JSON.parse(await readFile(join(run, 'run.json'), 'utf8')));
    const [first, last] = [sessions[0], sessions.at(-1)];
    const pausedMs = Date.parse(last?.started_at ?? '') - Date.parse(first?.started_at ?? '');
    return await judgeWhole(
      rig,
      records,
      { sent, hours: Math.floor(pausedMs / 3_600_000), kills: kills + 1 },
      {
        holds: {
          'nothing was sent without a credential': sent === 0,
          'it went on 72 hours later': pausedMs >= pauseMs,
          'it went on with another version':
            last?.program_version === laterVersion && first?.program_version !== laterVersion,
        },
      },
    );
  },
};

/** The program of another version, whose clock has moved, supervisor and children; resolves with its entry. */
async function installLater(rig: Rig): Promise<string> {
  const place = rig.at('later');
  await mkdir(place);
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as object;
  await writeFile(join(place, 'package.json'), JSON.stringify({ ...manifest, version: laterVersion }));
  await symlink(join(packageFolder, 'node_modules'), join(place, 'node_modules'));
  for (const folder of ['supervisor', 'child', 'chunks', 'page'])
    await cp(join(packageFolder, 'dist', folder), join(place, 'dist', folder), { recursive: true });
  await writeFile(join(place, 'dist', 'clock.js'), movedClock);
  for (const entry of ['supervisor', 'child']) {
    const file = join(place, 'dist', entry, 'main.js');
    const [, hashbang = '', code = ''] = /^(#!.*\n)?([^]*)$/.exec(await readFile(file, 'utf8')) ?? [];
    await writeFile(file, `${hashbang}import '../clock.js';\n${code}`);
  }
  return join(place, 'dist', 'supervisor', 'main.js');
}

const movedClock = `const { now } = Date;
globalThis.Date = class extends Date {
  constructor(...given) {
    if (given.length === 0) super(now() + ${pauseMs});
    else super(...given);
  }
  static now() {
    return now() + ${pauseMs};
  }
};
`;
