import { seededRandom } from '../../../src/sandbox/seeded-random.js';
import { startPostgres, whyNoPostgres } from '../../measure/start-postgres.js';
import type { RunningCommand } from '../command.js';
import { Rig } from '../rig.js';
import { judgeWhole, type Scenario } from '../scenario.js';

const workersAtOnce = 10;

export const workers: Scenario = {
  name: 'workers',
  promise:
    'Ten workers load from one store, and workers and coordinator are killed and replaced: nothing is missing, doubled or held back.',
  usual: { records: 120_000, kills: 30 },
  whyNot: () => whyNoPostgres,
  async run({ records, kills }, stage) {
    await using rig = await Rig.open(stage, {
      sandbox: { latency: { fixedMs: 100 } },
      others: {
        store: { shard_rows: Math.max(100, Math.floor(records / 40)), lease_ms: 2_000, permit_ttl_ms: 500 },
      },
    });
    using postgres = await startPostgres();
    const env = { SKYFLOW_STORE: postgres.url };
    await rig.run(['store', 'init'], [0], { env });
    await rig.write(0, records);
    const random = seededRandom(records);
    const work = (): RunningCommand => rig.start(['work', '--lanes', '1', '--quiet'], { env });
    // At a small size a few do.
    const crew = Array.from({ length: Math.min(workersAtOnce, kills + 2) }, work);
    let coordinator = rig.start(['load', '--all', '--lanes', '0', '--quiet'], { env });
    for (let strike = 0; strike < kills; strike += 1) {
      await rig.moves(Math.floor(records / (2 * kills + 2)), coordinator);
      const struck = Math.floor(random() * crew.length);
      crew[struck]?.kill('all');
      await crew[struck]?.ended;
      crew[struck] = work();
      if (strike % 10 !== 5) continue;
      coordinator.kill('all');
      await coordinator.ended;
      coordinator = rig.start(['resume', await rig.newestRun(), '--lanes', '0', '--quiet'], { env });
    }
    const { status, said } = await coordinator.ended;
    for (const worker of crew) worker.stop();
    await Promise.all(crew.map((worker) => worker.ended));
    if (status !== 0) throw new Error(`the load ended with ${status}: ${said}`);
    return await judgeWhole(rig, records, { workers: crew.length, kills });
  },
};
