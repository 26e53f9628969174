import { openRunStore } from '../../../src/journal/open-run-store.js';
import { batchSize, concurrency, Rig } from '../rig.js';
import { judge, type Scenario } from '../scenario.js';

export const kills: Scenario = {
  name: 'kills',
  promise:
    'Supervisor and child are killed while nobody may look into the vault: of no kill more stays unknown than what was in flight.',
  usual: { records: 200_000, kills: 100 },
  async run({ records, kills: planned }, stage) {
    await using rig = await Rig.open(stage, {
      sandbox: { accessTokens: [{ token: 'acceptance-token', access: 'insert' }], latency: { fixedMs: 50 } },
    });
    await rig.write(0, records);
    // What earlier kills have left stays unknown until the last command comes to its end.
    let before = 0;
    const unknown: number[] = [];
    await rig.runKilled(
      async (strike) => (strike === 0 ? ['load', '--quiet'] : ['resume', await rig.newestRun(), '--quiet']),
      {
        ...{ kills: planned, stride: Math.floor(records / (planned * 2 + 1)), all: true, expected: [0, 1] },
        struck: async () => {
          const ledger = await openRunStore(await rig.newestRun()).readLedger('SSN');
          const now = ledger?.inDoubt.size ?? Infinity;
          unknown.push(now - before);
          before = now;
        },
      },
    );
    const { held, read, uploaded, failed, skipped } = (await rig.summary()).totals;
    const { missing, doubled, foreign } = await rig.compare(records);
    const in_flight = batchSize * concurrency;
    const most_unknown = Math.max(...unknown);
    return judge(
      { missing, doubled, foreign, held, most_unknown, in_flight, kills: unknown.length },
      ['doubled', 'foreign'],
      {
        'never more was unknown than in flight': most_unknown <= in_flight,
        'something was unknown': most_unknown > 0,
        'what is held back was unknown': held === before,
        'only what is held back is missing': missing <= held,
        'every row is accounted for': read === records && read === uploaded + failed + skipped,
      },
    );
  },
};
