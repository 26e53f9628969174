import { Rig } from '../rig.js';
import { judge, type Scenario } from '../scenario.js';

const token = 'acceptance-token';

export const lostAnswers: Scenario = {
  name: 'lost-answers',
  promise:
    'A fiftieth of the answers is lost after the effect, without the right to detokenize, which is given later: nothing is held back or missing.',
  usual: { records: 200_000, kills: 0 },
  async run({ records }, stage) {
    await using rig = await Rig.open(stage, {
      sandbox: { accessTokens: [{ token, access: 'insert' }] },
    });
    await rig.set({ faultRoutes: ['insert', 'insert_records'], resetAfter: { rate: 0.02, next: 1 } });
    await rig.write(0, records);
    await rig.run(['load', '--quiet'], [1]);
    const before = (await rig.summary()).totals;
    await rig.set({ accessTokens: [{ token }] });
    await rig.run(['retry', await rig.newestRun(), '--yes', '--quiet']);
    const { held } = (await rig.summary()).totals;
    return judge(
      { ...(await rig.compare(records)), held, held_before: before.held },
      ['missing', 'doubled', 'foreign', 'held'],
      {
        'some were held back before': before.held > 0,
        'every row is accounted for': before.read === before.uploaded + before.failed + before.skipped,
      },
    );
  },
};
