import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { test } from 'node:test';
import { parsePaceWindows } from '../../src/rates/pace-windows.js';
import type { Rates } from '../../src/rates/rates.js';
import { FileControl } from '../../src/control/file-control.js';
import { type Order, type RunControl, type RunOrders, nextOrders } from '../../src/control/run-control.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { PauseNotices } from '../../supervisor/cluster/pause-notices.js';
import { describePause, Steering, type SteeringOptions } from '../../supervisor/run/steering.js';
import { Workspace } from '../support/workspace.js';

const night: Rates = { max_requests_per_second: 200 };

/** A control in memory, as a store would be one. */
class HeldControl implements RunControl {
  held: RunOrders | undefined;
  problem: SuperviseError | undefined;
  answers: number[] = [];

  orders(): Promise<RunOrders | undefined> {
    return this.problem === undefined ? Promise.resolve(this.held) : Promise.reject(this.problem);
  }
  give(order: Order): Promise<RunOrders> {
    this.held = nextOrders(this.held, order, new Date());
    return Promise.resolve(this.held);
  }
  answer({ number }: { number: number }): Promise<void> {
    this.answers.push(number);
    return Promise.resolve();
  }
  answered(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

test('orders count over windows, hold over sessions, and what cannot be read changes nothing', async () => {
  const control = new HeldControl();
  await control.give({ kind: 'pause' });
  await control.give({ kind: 'stop' });
  const did: string[] = [];
  const helm = {
    setRates: (rates: Rates) => void did.push(JSON.stringify(rates)),
    pause: () => Promise.resolve(void did.push('pause')),
    unpause: () => void did.push('unpause'),
  };
  let time = new Date('2027-01-01T12:00:00Z');
  const options: SteeringOptions = {
    rates: { max_requests_per_second: 20 },
    windows: parsePaceWindows('22:00-06:00 200 requests/s') ?? [],
    timeZone: 'UTC',
    control,
    now: () => time,
    onStop: () => void did.push('stop'),
    onNotice: (level, text) => {
      if (level === 'warn') did.push(text.replace(/ \(.*/, ''));
    },
    onOrder: ({ number }) => Promise.resolve(void did.push(`recorded ${number}`)),
  };
  const steering = new Steering(helm, options);
  const next = async (): Promise<string[]> => {
    await steering.look();
    return did.splice(0);
  };
  await steering.begin();
  await steering.end();
  assert.deepEqual(
    did.splice(0),
    ['still paused', 'pause'],
    'the order to stop was for whoever worked on it then',
  );
  await control.give({ kind: 'go' });
  assert.deepEqual(await next(), ['unpause', 'recorded 3']);
  time = new Date('2027-01-01T22:00:00Z');
  assert.deepEqual(await next(), ['{"max_requests_per_second":200}']);
  await control.give({ kind: 'pace', rates: { max_requests_per_second: 3 } });
  assert.deepEqual(await next(), ['{"max_requests_per_second":3}', 'recorded 4']);
  time = new Date('2027-01-02T07:00:00Z');
  assert.deepEqual(await next(), [], 'what was asked for stays');
  control.problem = new SuperviseError('storage', 'control.json is not trusted: user 7 owns it');
  assert.deepEqual(await next(), ['an order was not followed: control.json is not trusted: user 7 owns it']);
  assert.deepEqual(await next(), [], 'told once');
  control.problem = undefined;
  await control.give({ kind: 'pace', rates: {} });
  assert.deepEqual(await next(), ['{"max_requests_per_second":20}', 'recorded 5']);
  await control.give({ kind: 'stop' });
  assert.deepEqual(await next(), ['recorded 6', 'asked to stop', 'stop']);
  assert.deepEqual(control.answers, [2, 3, 4, 5, 6]);
});

test('whose order it was that a run is paused stays known, until it goes on', () => {
  const at = (minute: number) => new Date(Date.UTC(2027, 0, 1, 12, minute));
  let orders = nextOrders(undefined, { kind: 'pause' }, at(1));
  const said = describePause(orders, 'RUN');
  assert.match(
    said ?? '',
    /^paused \(\S+ on \S+, 2027-01-01T12:01:00.000Z\): nothing is sent until `skyflow-supervise go RUN`$/,
  );
  for (const order of [{ kind: 'stop' }, { kind: 'pace', rates: night }, { kind: 'pause' }] as const) {
    orders = nextOrders(orders, order, at(2));
    assert.equal(describePause(orders, 'RUN'), said);
  }
  orders = nextOrders(orders, { kind: 'go' }, at(3));
  assert.equal(describePause(orders, 'RUN'), undefined);
  assert.match(
    describePause(nextOrders(orders, { kind: 'pause' }, at(4))) ?? '',
    /12:04.*`skyflow-supervise go`$/,
  );
});

test('a worker says once that a run is paused which it waits for, and when that is over', async () => {
  const said: string[] = [];
  let paused: { run: string; orders: RunOrders | null }[] = [];
  const notices = new PauseNotices({
    runs: { paused: () => Promise.resolve(paused) },
    onNotice: (level, text) => said.push(`${level} ${text.replace(/\(.*\)/, '(…)')}`),
  });
  let nowMs = 0;
  const next = async (): Promise<string[]> => {
    await notices.look((nowMs += 5_000));
    return said.splice(0);
  };
  assert.deepEqual(await next(), []);
  paused = [{ run: 'RUN', orders: nextOrders(undefined, { kind: 'pause' }, new Date()) }];
  assert.deepEqual(await next(), [
    'warn run RUN is paused (…): nothing is sent until `skyflow-supervise go RUN`',
  ]);
  assert.deepEqual(await next(), []);
  paused = [];
  assert.deepEqual(await next(), ['info run RUN is not paused any more']);
});

test('orders lie in a file that nobody else may write to', async () => {
  await using workspace = await Workspace.create();
  const control = new FileControl(workspace.path);
  assert.equal(await control.orders(), undefined);
  const given = await Promise.all([
    control.give({ kind: 'pause' }),
    control.give({ kind: 'pace', rates: night }),
    control.give({ kind: 'stop' }),
  ]);
  assert.deepEqual(given.map(({ number }) => number).sort(), [1, 2, 3]);
  const orders = await control.orders();
  assert.ok(
    orders?.paused === true && orders.rates.max_requests_per_second === 200 && orders.stop !== undefined,
  );
  await chmod(workspace.at('control.json'), 0o666);
  await assert.rejects(control.orders(), /is not trusted/);
});
