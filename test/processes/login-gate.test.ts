import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginGate, type LoginLeave } from '../../supervisor/secrets/login-gate.js';

const refusal = { code: 'source', message: 'vault A: refused' } as const;

/** A gate in simulated time, and what each process was told, in order. */
function start() {
  const clock = { ms: 0 };
  const gate = new LoginGate(() => clock.ms);
  const told: string[] = [];
  const ask = (who: { readonly name: string }): void => {
    void gate.ask(who).then(({ refusal: said, renewed }: LoginLeave) => {
      told.push(`${who.name}${said === undefined ? '' : ' refused'}${renewed ? ' renewed' : ''}`);
    });
  };
  const settled = () => new Promise<string[]>((resolve) => setImmediate(() => resolve(told)));
  return { gate, clock, ask, settled };
}

const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name })) as [
  { name: string },
  { name: string },
  { name: string },
];

test('one vault logs in, and the others wait until it is in; a minute later one is tried alone again', async () => {
  const { gate, clock, ask, settled } = start();
  [a, b, c].forEach(ask);
  assert.deepEqual(await settled(), ['a']);
  gate.ended(a, { outcome: 'accepted', renewed: false });
  assert.deepEqual(await settled(), ['a', 'b', 'c']);
  ask(a);
  assert.deepEqual(await settled(), ['a', 'b', 'c', 'a']);
  clock.ms = 60_001;
  [b, c].forEach(ask);
  assert.deepEqual((await settled()).slice(4), ['b']);
  gate.ended(b, { outcome: 'refused', renewed: false, error: refusal });
  assert.deepEqual((await settled()).slice(4), ['b', 'c refused'], 'the password has changed meanwhile');
});

test('what one was refused nobody tries again, also not after a restart', async () => {
  const { gate, ask, settled } = start();
  [a, b].forEach(ask);
  gate.ended(a, { outcome: 'refused', renewed: false, error: refusal });
  gate.left(a);
  [c, a].forEach(ask);
  assert.deepEqual(await settled(), ['a', 'b refused', 'c refused', 'a refused']);
});

test('where nobody answered, or the first one is gone, the next one tries, and one that is gone waits for nothing', async () => {
  const { gate, ask, settled } = start();
  [a, b, c].forEach(ask);
  gate.left(b);
  gate.ended(a, { outcome: 'failed', renewed: false });
  assert.deepEqual(await settled(), ['a', 'c']);
  ask(a);
  gate.left(c);
  assert.deepEqual(await settled(), ['a', 'c', 'a']);
  gate.ended(a, { outcome: 'accepted', renewed: true });
  ask(b);
  assert.deepEqual((await settled()).slice(3), ['b renewed'], 'with the secrets that were taken');
});
