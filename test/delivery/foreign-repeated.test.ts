import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { memoryFolder } from '../journal/fixtures.js';
import { sourceOf } from '../support/deliver-in-process.js';
import { type Fate, sent, fresh, FakeVault, pairOf, killed, run, type Settings } from './repeating-vault.js';

interface Drawn {
  readonly names: number[];
  readonly before: ('own' | 'foreign' | 'absent')[];
  /** Of the load and of two retries. */
  readonly fates: Fate[][];
  /** Names whose tokens stand for other values until the last retry. */
  readonly taken: number[];
  readonly mayBeAsked: boolean;
}
const fatesOf = (...fates: readonly Fate[]) => fc.array(fc.constantFrom(...fates), { maxLength: 12 });
const drawn = fc.record<Drawn>({
  names: fc.array(fc.nat(5), { minLength: sent - 1 + fresh, maxLength: sent - 1 + fresh }),
  before: fc.array(fc.constantFrom('own', 'foreign', 'absent'), { minLength: sent - 1, maxLength: sent - 1 }),
  fates: fc.array(fatesOf('own', 'own', 'foreign', 'refused', 'lost', 'lost own', 'dies', 'dies own'), {
    ...{ minLength: 3, maxLength: 3 },
  }),
  taken: fc.array(fc.nat(5), { maxLength: 2 }),
  mayBeAsked: fc.boolean(),
});

/** All of the first are there; of the others, two are alike. */
const sixThere = {
  ...{ names: [5, 5, 5, 5, 5, 5, 1, 1, 2, 3, 4], mayBeAsked: true },
  before: Array.from({ length: 6 }, () => 'own' as const),
};
/** What once went wrong: the twin of a refused record is found, its answer lost; a token that stood for another value does not any more. */
const examples: fc.Parameters<[Drawn]>['examples'] = [
  [{ ...sixThere, fates: [['own', 'refused'], ['lost'], []], taken: [] }],
  [{ ...sixThere, fates: [['own', 'own', 'foreign'], [], []], taken: [2] }],
];

test('of pairs that stand more than once none is lost from vault and logs, and none sent once more, through refusals, conflicts, lost answers, kills and retries', async (t) => {
  await fc.assert(
    fc.asyncProperty(drawn, async ({ names, before, fates, taken, mayBeAsked }) => {
      const vault = new FakeVault();
      const pairs = [...names.slice(0, sent - 1), 100, ...names.slice(sent - 1)].map(pairOf);
      const fateOf = [...before, 'own'];
      for (const [at, fate] of fateOf.entries())
        if (fate !== 'absent') vault.put(pairs[at] ?? pairOf(-1), fate === 'own' ? 'own' : 'foreign');
      for (const name of taken) vault.taken.add(pairOf(name)[1]);
      Object.assign(vault, { mayBeAsked, fates: [...(fates[0] ?? [])] });
      const foreign = fateOf.flatMap((fate, at) => (fate === 'foreign' ? [at] : []));

      const prepare = killed(pairs.length, { sent, foreign });
      let { failed, log } = await run(await memoryFolder(t), { source: sourceOf(pairs), vault, prepare });
      for (let retries = 1; ; retries += 1) {
        for (const [value, token] of pairs) {
          const meant = pairs.filter((pair) => pair[1] === token).length;
          const own = vault.own.get(token) ?? 0;
          const logged = failed.filter((failure) => failure.token === token).length;
          assert.ok(own + logged >= meant, `${token}: ${own} there, ${logged} logged, ${meant} meant`);
          assert.ok(own + (vault.foreign.get(value) ?? 0) <= meant, `${value} is doubled`);
        }
        if (retries > 3) break;
        if (retries === 2) vault.taken.clear();
        Object.assign(vault, { mayBeAsked: true, fates: [...(fates[retries] ?? [])] });
        ({ failed, log } = await run(await memoryFolder(t), { source: log, vault }));
      }
    }),
    { numRuns: 8, examples },
  );
});

test('a record that was never reached is known by its token where it is its own, and held where others have it', async (t) => {
  const vault = new FakeVault();
  const pairs = [10, 11, 12, 1, 1, 2, 1, 13, 14].map(pairOf);
  vault.fates = ['own', 'own', 'own', 'cut', 'cut', 'cut'];
  const { failed, log } = await run(await memoryFolder(t), { source: sourceOf(pairs), vault });
  const repeated = { token: 'token 1', reason: 'token_repeated' };
  assert.deepEqual(failed, [repeated, repeated, { token: 'token 2', reason: 'unreachable' }]);
  assert.equal(vault.writes, 6);

  const retry = await run(await memoryFolder(t), { source: log, vault });
  assert.deepEqual([retry.failed, vault.own.get('token 2'), vault.writes], [[repeated, repeated], 1, 7]);
  // Its token is there now, and nobody else has it.
  const again = await run(await memoryFolder(t), { source: log, vault });
  assert.deepEqual([again.failed, vault.writes], [[repeated, repeated], 7]);

  const unasked = new FakeVault();
  Object.assign(unasked, { mayBeAsked: false, fates: ['own', 'own', 'own', 'cut', 'cut', 'cut'] });
  const same = await run(await memoryFolder(t), { source: sourceOf(pairs), vault: unasked });
  assert.deepEqual(same.failed, failed);
});

/** Three rows that are held, as their tokens are repeated, and one that stands under a foreign token. */
const explained: [{ names: number[]; fates: ('own' | 'foreign' | 'absent')[]; atStart: number }][] = [
  [{ names: [1, 1, 1, 2, 3, 4], fates: ['own', 'own', 'own', 'foreign', 'absent', 'own'], atStart: 5 }],
  [{ names: [1, 1, 1, 2, 3, 4], fates: ['own', 'own', 'own', 'absent', 'absent', 'own'], atStart: 5 }],
];
const unseen = fc.record({
  names: fc.array(fc.nat(9), { minLength: sent - 1, maxLength: sent - 1 }),
  fates: fc.array(fc.constantFrom('own', 'foreign', 'absent'), { minLength: sent - 1, maxLength: sent - 1 }),
  atStart: fc.nat(9),
});

test('where a vault counts its table, none that stands under a foreign token unseen is sent once more, as long as all that are held for their repeated tokens are there', async (t) => {
  await fc.assert(
    fc.asyncProperty(unseen, async ({ names, fates, atStart: tableCount }) => {
      const vault = new FakeVault();
      const pairs = [...names, 100].map(pairOf);
      const fateOf = [...fates, 'own'];
      for (const [at, fate] of fateOf.entries())
        if (fate !== 'absent') vault.put(pairs[at] ?? pairOf(-1), fate === 'own' ? 'own' : 'foreign');
      const added = fateOf.filter((fate) => fate !== 'absent').length;
      const countTable = (): number => tableCount + added + vault.writes;

      const prepare = killed(pairs.length, { sent, foreign: [], tableCount });
      const { failed } = await run(await memoryFolder(t), {
        ...{ source: sourceOf(pairs), vault, countTable, prepare },
      });

      const isHeldAway = (token: string): boolean =>
        pairs.some((pair, at) => pair[1] === token && fateOf[at] !== 'own');
      const areHeldThere = !failed.some(
        ({ reason, token }) => reason === 'token_repeated' && isHeldAway(token),
      );
      for (const [value, token] of pairs) {
        const meant = pairs.filter((pair) => pair[1] === token).length;
        const own = vault.own.get(token) ?? 0;
        const logged = failed.filter((failure) => failure.token === token).length;
        assert.ok(own + logged >= meant, `${token}: ${own} there, ${logged} logged, ${meant} meant`);
        if (areHeldThere) assert.ok(own + (vault.foreign.get(value) ?? 0) <= meant, `${value} is doubled`);
      }
      if (!fateOf.includes('foreign') && areHeldThere)
        assert.ok(
          failed.every(({ reason }) => reason === 'token_repeated'),
          'what is not there is sent',
        );
    }),
    { numRuns: 20, examples: explained },
  );
});

/** Two rows with one pair, of which the vault took one under a foreign token before a kill; the other stands there or not. */
async function twins(t: TestContext, other: 'own' | 'absent', settings: Settings = {}) {
  const vault = new FakeVault();
  const pairs = [pairOf(1), pairOf(1), pairOf(2)];
  vault.put(pairOf(1), 'foreign');
  if (other === 'own') vault.put(pairOf(1), 'own');
  vault.put(pairOf(2), 'own');
  const tableCount = 5;
  const added = vault.own.size + 1;
  const countTable = () => tableCount + added + vault.writes;
  // Nobody has noted which of them it is: the count of the table alone tells.
  const prepare = killed(3, { sent: 3, foreign: [], tableCount });
  const source = sourceOf(pairs);
  return { vault, ...(await run(await memoryFolder(t), { source, vault, countTable, prepare, settings })) };
}

test('a repeated token that is not there while the table holds more is ambiguous: no retry confirms or sends it, unless told to', async (t) => {
  const { vault, failed, log } = await twins(t, 'absent');
  const both = (reason: string) => [1, 2].map(() => ({ token: 'token 1', reason }));
  assert.deepEqual(failed, both('token_ambiguous'));

  for (const settings of [{}, { in_doubt: 'send' }] as const) {
    const retry = await run(await memoryFolder(t), { source: log, vault, settings });
    assert.deepEqual([retry.failed, vault.writes], [both('token_mismatch'), 0]);
  }
  vault.put(pairOf(1), 'own');
  for (const settings of [{}, { in_doubt: 'send' }, { resend_mismatched: true }] as const) {
    const retry = await run(await memoryFolder(t), { source: log, vault, settings });
    const reason = 'resend_mismatched' in settings ? 'token_repeated' : 'token_ambiguous';
    assert.deepEqual([retry.failed, vault.writes], [both(reason), 0]);
  }
  vault.own.delete('token 1');
  const resent = await run(await memoryFolder(t), {
    ...{ source: log, vault, settings: { resend_mismatched: true } },
  });
  assert.deepEqual([resent.failed, vault.writes], [[], 2]);
});

test('a repeated token that is there while the table holds more is held', async (t) => {
  const { vault, failed, log } = await twins(t, 'own');
  assert.deepEqual([failed.length, vault.writes], [2, 0]);
  const retry = await run(await memoryFolder(t), { source: log, vault });
  assert.deepEqual([retry.failed.length, vault.writes], [2, 0]);
});
