import { Rig } from '../rig.js';
import { judge, type Scenario } from '../scenario.js';

export const append: Scenario = {
  name: 'append',
  promise:
    'Rows are appended to files that another run directory has loaded: only they go in, none is doubled.',
  usual: { records: 1_000_000, kills: 1 },
  async run({ records, kills }, stage) {
    await using rig = await Rig.open(stage, { sandbox: { latency: { fixedMs: 5 } } });
    const loaded = Math.floor(records / 2);
    await rig.write(0, loaded);
    await rig.run(['load', '--quiet', '--run-dir', 'first']);
    await rig.write(0, records);
    await rig.runKilled(
      async (strike) =>
        strike === 0
          ? ['load', '--quiet', '--run-dir', 'second', '--skip-existing']
          : ['resume', await rig.newestRun('second'), '--run-dir', 'second', '--quiet'],
      { kills, stride: Math.floor(loaded / (kills + 2)), all: true },
    );
    const { held, read } = (await rig.summary('second')).totals;
    return judge(
      { ...(await rig.compare(records)), held, kills },
      ['missing', 'doubled', 'foreign', 'held'],
      {
        'every row was read': read === records,
      },
    );
  },
};
