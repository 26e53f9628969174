import { setTimeout as wait } from 'node:timers/promises';
import { Rig } from '../rig.js';
import { judgeWhole, type Scenario } from '../scenario.js';

const clientEveryMs = 200;

export const fallingLimit: Scenario = {
  name: 'falling-limit',
  promise:
    "A client sends 5 requests a second beside the load, and the vault's limit falls from 60 to 30 a second: nothing is lost, and the client is hardly refused.",
  usual: { records: 60_000, kills: 0 },
  async run({ records }, stage) {
    await using rig = await Rig.open(stage, {
      sandbox: { requestsPerSecond: 60, burstSeconds: 1 },
      performance: { batch_size: 20, max_concurrency: 16 },
    });
    await rig.write(0, records);
    const load = rig.start(['load', '--quiet']);
    const client = new Client(rig.url, () => load.isOver);
    await rig.moves(Math.floor(records / 2), load);
    const [early, loadRequests] = [client.endPhase(), (await rig.stats()).requests];
    await rig.set({ requestsPerSecond: 30 });
    const { status, said } = await load.ended;
    if (status !== 0) throw new Error(`the load ended with ${status}: ${said}`);
    await client.ended;
    const late = client.endPhase();
    const { throttled, requests } = await rig.stats();
    const refused_of_load = throttled - early.refused - late.refused;
    return await judgeWhole(
      rig,
      records,
      {
        requests: requests - early.sent - late.sent,
        refused_of_load,
        requests_at_60: loadRequests - early.sent,
        client_sent: early.sent + late.sent,
        client_refused_at_60: early.refused,
        client_refused_at_30: late.refused,
      },
      {
        holds: {
          // What finding a limit costs comes once for each of the two.
          'the load is refused hardly more than finding the limits costs':
            refused_of_load <= 30 + requests / 30,
          'the client is refused at most a tenth of its requests':
            early.refused + late.refused <= 3 + (early.sent + late.sent) / 10,
        },
      },
    );
  },
};

interface Phase {
  readonly sent: number;
  readonly refused: number;
}

/** Asks the vault for a record that is not there, at its own pace, and never again what was refused. */
class Client {
  readonly ended: Promise<void>;
  #sent = 0;
  #refused = 0;

  constructor(url: string, isOver: () => boolean) {
    this.ended = this.#send(`${url}/v1/vaults/vault-client/orders/none`, isOver);
  }

  /** What came since the last phase. */
  endPhase(): Phase {
    const phase = { sent: this.#sent, refused: this.#refused };
    [this.#sent, this.#refused] = [0, 0];
    return phase;
  }

  async #send(url: string, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const answer = await fetch(url, { headers: { authorization: 'Bearer acceptance-token' } });
      await answer.body?.cancel();
      this.#sent += 1;
      if (answer.status === 429) this.#refused += 1;
      await wait(clientEveryMs);
    }
  }
}
