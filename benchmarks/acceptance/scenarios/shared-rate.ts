import { Rig } from '../rig.js';
import { judgeWhole, type Scenario } from '../scenario.js';

const requestsPerSecond = 60;

export const sharedRate: Scenario = {
  name: 'shared-rate',
  promise:
    'Two vaults share 60 requests a second while their supervisor is killed, every minute at the usual size: nothing is missing or doubled.',
  usual: { records: 5_000_000, kills: 5 },
  async run({ records, kills }, stage) {
    await using rig = await Rig.open(stage, {
      vaults: ['SSN', 'ID'],
      // A little more than what both may take together, and much less than twice as much.
      sandbox: { requestsPerSecond: requestsPerSecond * 1.1, burstSeconds: 1 },
      performance: {
        ...{ share_limits: true, max_requests_per_second: requestsPerSecond },
        batch_size: Math.max(1, Math.min(250, Math.floor(records / 400))),
      },
    });
    const each = Math.floor(records / 2);
    await rig.write(0, each);
    await rig.runKilled(
      async (strike) => (strike === 0 ? ['load', '--quiet'] : ['resume', await rig.newestRun(), '--quiet']),
      { kills, stride: Math.floor((each * 2) / (kills + 1.5)), all: false },
    );
    const { throttled: refused, requests } = await rig.stats();
    return await judgeWhole(
      rig,
      each,
      { requests, refused, kills },
      { holds: { 'the shared limit was kept': refused <= kills * 2 } },
    );
  },
};
