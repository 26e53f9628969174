import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JournalLine, WritableLine } from '../../src/journal/journal-line.js';
import type { AppendOptions, JournalStore } from '../../src/journal/journal-store.js';
import { DamageError } from '../../src/journal/storage-error.js';
import { owner, startedAt } from './fixtures.js';

/** Where one journal is kept: a run directory, or a database of the test's own. */
export interface StorePlace {
  /** Throws `locked` at once while another store has it open; or takes it over from that one, which is `fenced` then. */
  open(): Promise<JournalStore>;
  readonly takesOver?: true;
  /** What is witnessed is durable here, so that nothing witnessed is ever missing. */
  readonly witnessesDurably?: true;
  /** Another place with all that a kill of this process would leave here now, whoever has it open. */
  copy(): Promise<StorePlace>;
  /** The same, of which a crash of the machine has forgotten the lines behind the last durable one. */
  copyForgetful(): Promise<StorePlace>;
  /** Changes what is stored, a text for each line, as a bad disk or a person would; nobody has it open. */
  change(edit: (lines: readonly string[]) => readonly string[]): Promise<void>;
  /** The entries of the error log, in order. */
  entries(): Promise<readonly string[]>;
}

export const header = { ...owner, startedAt: startedAt.toISOString() };

const settle = (start: number, failed: number): WritableLine => ({
  ...{ kind: 'settle', range: { start, end: start + 10 }, uploaded: 10 - failed, failed },
  ...{ confirmed: 0, held: 0, skipped: {}, entries: Math.min(failed, 1) },
});

/** An entry as it stands in an error log; one for each settlement with failures. */
const entry = (position: number): string =>
  JSON.stringify({
    batch_number: 1,
    records: [{ Value: 'v', Token: 't', Position: position }],
    error: 'no',
    status_code: 400,
  });

/** One append after the other: every kind of line, in every manner. */
const appends: readonly (readonly [readonly WritableLine[], AppendOptions])[] = [
  [
    [
      { kind: 'header', header },
      { kind: 'open', pid: 1, at: '2026-01-02T03:04:05.000Z' },
    ],
    { durability: 'durable' },
  ],
  [
    [{ kind: 'inputs', inspection: { rows: 90, inputs: [{ role: 'query', name: 'ä "b"' }] } }],
    { durability: 'durable' },
  ],
  [[{ kind: 'extent', start: 0, end: 90 }], { durability: 'loose' }],
  [[{ kind: 'reserve', range: { start: 0, end: 60 }, ahead: true }], { durability: 'durable' }],
  [[{ kind: 'handed', range: { start: 0, end: 30 } }], { durability: 'witnessed' }],
  [[settle(0, 0)], { durability: 'loose' }],
  [[settle(10, 1)], { durability: 'loose', entries: [entry(11)] }],
  [[settle(20, 0)], { durability: 'loose' }],
  [
    [
      { kind: 'foreign', range: { start: 32, end: 33 } },
      { kind: 'unproven', range: { start: 30, end: 50 } },
      { kind: 'alone', range: { start: 31, end: 32 } },
    ],
    { durability: 'durable' },
  ],
  [[{ kind: 'reserve', range: { start: 60, end: 90 }, ahead: false }], { durability: 'durable' }],
  [[{ kind: 'handed', range: { start: 30, end: 50 } }], { durability: 'witnessed' }],
  [[settle(60, 1)], { durability: 'loose', entries: [entry(62)] }],
  [[settle(30, 0), { kind: 'release', range: { start: 50, end: 60 } }], { durability: 'loose' }],
];
const lastDurable = 10;
const linesOf = (some: typeof appends): WritableLine[] => some.flatMap(([lines]) => lines);
const entriesOf = (some: typeof appends): string[] => some.flatMap(([, { entries }]) => entries ?? []);

async function replayed(store: JournalStore): Promise<{ lines: JournalLine[]; isWhole: boolean }> {
  const lines: JournalLine[] = [];
  const { isWhole } = await store.replay((line) => void lines.push(line));
  return { lines, isWhole };
}

/** What a place gives back; it is begun and closed again, so that what was left half done is put right. */
async function reopened(
  place: StorePlace,
): Promise<{ lines: JournalLine[]; isWhole: boolean; entries: readonly string[] }> {
  const store = await place.open();
  try {
    const found = await replayed(store);
    await store.begin(header);
    await store.close();
    return { ...found, entries: await place.entries() };
  } finally {
    await store.close();
  }
}

async function begun(place: StorePlace): Promise<JournalStore> {
  const store = await place.open();
  await store.replay(() => undefined);
  await store.begin(header);
  return store;
}

async function filled(place: StorePlace): Promise<void> {
  const store = await begun(place);
  for (const [lines, options] of appends) await store.append(lines, options);
  await store.close();
}

/** The tests that every journal store passes; `create` makes a place with nothing in it. */
export function testJournalStore(name: string, create: (t: TestContext) => Promise<StorePlace>): void {
  const refused = async (place: StorePlace): Promise<void> => {
    const store = await place.open();
    try {
      await assert.rejects(replayed(store), DamageError);
    } finally {
      await store.close();
    }
  };

  test(`${name}: lines come back as they were appended, each once, after every append at which a process may be killed`, async (t) => {
    const place = await create(t);
    const store = await place.open();
    assert.deepEqual((await replayed(store)).lines, []);
    await store.begin(header);
    for (const [count, [lines, options]] of appends.entries()) {
      await store.append(lines, options);
      const some = appends.slice(0, count + 1);
      assert.deepEqual(await reopened(await place.copy()), {
        ...{ lines: linesOf(some), entries: entriesOf(some), isWhole: true },
      });
    }
    await store.close();
    assert.deepEqual((await reopened(place)).lines, linesOf(appends));
  });

  test(`${name}: appends under way at once keep their order, and close waits for them`, async (t) => {
    const place = await create(t);
    const store = await begun(place);
    const pending = appends.map(([lines, options]) => store.append(lines, options));
    await store.close();
    for (const each of pending) await each;
    const { lines, entries } = await reopened(place);
    // A line without entries need not wait for one that has some; among themselves both keep their order.
    const withEntries = (line: JournalLine): boolean => line.kind === 'settle' && line.entries > 0;
    const expected = linesOf(appends);
    assert.deepEqual(lines.filter(withEntries), expected.filter(withEntries));
    assert.deepEqual(
      lines.filter((line) => !withEntries(line)),
      expected.filter((line) => !withEntries(line)),
    );
    assert.deepEqual(entries, entriesOf(appends));
  });

  test(`${name}: a crash of the machine forgets nothing in front of a durable line, and what is witnessed tells`, async (t) => {
    const place = await create(t);
    const store = await begun(place);
    for (const [lines, options] of appends) await store.append(lines, options);
    // Of the two after the last durable one, the first is witnessed, the second has an entry, which is.
    const isWhole = place.witnessesDurably === true;
    const durable = appends.slice(0, isWhole ? lastDurable + 2 : lastDurable);
    assert.deepEqual(await reopened(await place.copyForgetful()), {
      ...{ lines: linesOf(durable), entries: entriesOf(durable), isWhole },
    });
    await store.close();
  });

  test(`${name}: there is one writer at a time`, async (t) => {
    const place = await create(t);
    const store = await begun(place);
    if (place.takesOver === true) {
      const next = await begun(place);
      const [lines, options] = appends[0] ?? [[], { durability: 'durable' }];
      await assert.rejects(async () => store.append(lines, options), { code: 'fenced' });
      await next.append(lines, options);
      await next.close();
      await assert.rejects(async () => store.append(lines, options), { code: 'fenced' });
    } else await assert.rejects(place.open(), { code: 'locked' });
    await store.close();
    await (await place.open()).close();
  });

  test(`${name}: a line that cannot follow those before it is damage, and so are lines lost, changed, doubled or moved`, async (t) => {
    const place = await create(t);
    await filled(place);
    const store = await place.open();
    await assert.rejects(
      store.replay((line) => (line.kind === 'handed' ? 'not now' : undefined)),
      (error) => error instanceof DamageError && error.message.includes('not now'),
    );
    await store.close();
    const count = linesOf(appends).length;
    for (let at = 0; at < count; at += 1) {
      const edits: ((lines: readonly string[]) => readonly string[])[] = [
        (lines) => lines.toSpliced(at, 1),
        (lines) =>
          lines.with(
            at,
            (lines[at] ?? '').replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
          ),
        (lines) => lines.slice(0, at),
      ];
      // The last line twice is no damage: it counts once.
      if (at < count - 1) {
        edits.push(
          (lines) => lines.toSpliced(at, 0, lines[at] ?? ''),
          (lines) => lines.with(at, lines[at + 1] ?? '').with(at + 1, lines[at] ?? ''),
        );
      }
      for (const edit of edits) {
        const changed = await place.copy();
        await changed.change(edit);
        await refused(changed);
      }
    }
  });

  test(`${name}: a repair keeps what proves itself, and the store goes on`, async (t) => {
    const place = await create(t);
    await filled(place);
    await place.change((lines) => lines.toSpliced(5, 1));
    const store = await place.open();
    await assert.rejects(replayed(store), DamageError);
    await store.repair(header, { hasForgotten: false });
    const { lines } = await replayed(store);
    await store.begin(header);
    const [repair] = lines.filter((line) => line.kind === 'repair');
    assert.equal(repair?.sentBelow, 90);
    const settled = lines.filter((line) => line.kind === 'settle').map(({ range }) => range.start);
    // The one that is lost is lost; the error log proves the failures of the others.
    assert.ok(!settled.includes(0));
    for (const start of [10, 30, 60]) assert.ok(settled.includes(start), `rows from ${start}`);
    await store.append([settle(20, 0)], { durability: 'durable' });
    await store.close();
    const again = await reopened(place);
    assert.deepEqual(again.lines, [...lines, settle(20, 0)]);
    assert.deepEqual(again.entries, entriesOf(appends));
  });
}
