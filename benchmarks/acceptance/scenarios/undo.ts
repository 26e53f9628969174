import { Rig } from '../rig.js';
import { judge, type Scenario } from '../scenario.js';

export const undo: Scenario = {
  name: 'undo',
  promise: 'The last fifth of what a table holds is undone, with kills: exactly that fifth goes.',
  usual: { records: 500_000, kills: 10 },
  async run({ records, kills }, stage) {
    await using rig = await Rig.open(stage, { performance: { batch_size: 100 } });
    const stays = Math.floor((records * 4) / 5);
    const goes = records - stays;
    await rig.write(0, stays);
    await rig.run(['load', '--quiet']);
    await rig.write(stays, records);
    await rig.run(['load', '--quiet', '--record-ids']);
    const before = await rig.count();
    await rig.set({ latency: { fixedMs: 10 } });
    const argv = ['undo', await rig.newestRun(), '--yes-delete', String(goes)];
    await rig.runKilled(() => Promise.resolve(argv), {
      kills,
      stride: Math.floor(goes / (kills + 2)),
      all: true,
    });
    const { missing, doubled, foreign } = await rig.compare(stays);
    const deleted = before - (await rig.count());
    return judge(
      { deleted, missing, doubled, left_over: foreign, kills },
      ['missing', 'doubled', 'left_over'],
      {
        'all was loaded': before === records,
        'exactly the records of the run were deleted': deleted === goes,
      },
    );
  },
};
