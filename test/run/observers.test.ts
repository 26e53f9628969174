import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { vaultStatusSchema } from '../../src/protocol/messages.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { EventObserver } from '../../supervisor/events/event-observer.js';
import { JsonLog } from '../../supervisor/events/json-log.js';
import { serveMetrics } from '../../supervisor/metrics/serve-metrics.js';
import { LivePage } from '../../supervisor/page/live-page.js';
import { openRunLog } from '../../supervisor/observers/run-log.js';
import { broadcast, type RunObserver } from '../../supervisor/observers/run-observer.js';
import { StatusFile } from '../../supervisor/observers/status-file.js';
import { runStatusSchema } from '../../supervisor/observers/status-format.js';
import { TimelineFile } from '../../supervisor/timeline/timeline-file.js';
import { PlainView } from '../../supervisor/view/plain-view.js';
import { QuietView } from '../../supervisor/view/quiet-view.js';
import type { VaultState } from '../../supervisor/run/vault-state.js';
import { TreeView } from '../../supervisor/view/tree-view.js';
import { snapshotOf } from '../report/snapshot-fixture.js';
import { Workspace } from '../support/workspace.js';
import { FakeClock, FakeTerminal } from '../view/fake-terminal.js';

const style = { unicode: true, color: false };
const runId = '20250102T030405Z-abcdefgh';
const vaults = ['NAME', 'ID'];

/** A new one of every kind, for a run in `folder`, and what ends those that serve. */
async function everyObserver(folder: string) {
  const directory = runDirectoryAt(folder, runId);
  const stream = new FakeTerminal(80, 24);
  const view = new PlainView({ stream, style, clock: new FakeClock() });
  const metrics = await serveMetrics({ host: '127.0.0.1', port: 0 });
  const log = openRunLog(directory.logFile);
  const observers: Record<string, RunObserver> = {
    tree: new TreeView({ stream, style, clock: new FakeClock() }),
    plain: view,
    quiet: new QuietView({ stream, style }),
    log: log.observer,
    'status.json': new StatusFile(directory),
    timeline: new TimelineFile(directory),
    page: new LivePage(),
    metrics: metrics.observer,
    'json log': new JsonLog({ write: () => undefined }),
    events: new EventObserver({ command: ':', view, environment: {} }),
  };
  const close = async (): Promise<void> => {
    log.close();
    await metrics.close();
  };
  return { directory, observers, close };
}

const anyState: fc.Arbitrary<VaultState> = fc.record(
  {
    phase: fc.constantFrom('waiting', 'checking', 'loading', 'draining', 'restarting', 'finished'),
    restarts: fc.nat(3),
    snapshot: fc.nat(100_000).map((read) => snapshotOf({ read, uploaded: read })),
    status: fc.constantFrom(...vaultStatusSchema.options),
    message: fc.string(),
    pid: fc.constantFrom(7, null),
    waitsFor: fc.constantFrom('credential' as const, 'go' as const),
  },
  { requiredKeys: ['phase', 'restarts'] },
);

const anyCall: fc.Arbitrary<(observer: RunObserver, folder: string) => unknown> = fc.oneof(
  fc.constant((observer: RunObserver, folder: string) =>
    observer.begun?.({ vaults, directory: runDirectoryAt(folder, runId) }),
  ),
  fc.tuple(fc.constantFrom(...vaults, 'not announced'), anyState).map(
    ([vault, state]) =>
      (observer: RunObserver) =>
        observer.changed?.(vault, state),
  ),
  fc
    .tuple(
      fc.constantFrom('info', 'warn', 'error'),
      fc.string(),
      fc.option(fc.constant('NAME'), { nil: undefined }),
    )
    .map(
      ([level, text, vault]) =>
        (observer: RunObserver) =>
          observer.notice?.(level, text, vault),
    ),
  fc.constant((observer: RunObserver) => observer.settled?.()),
  fc.constant((observer: RunObserver) => observer.ended?.({ failure: { code: 'storage', message: 'full' } })),
);

describe('every observer of a run', () => {
  test('takes any calls in any order, and neither throws nor rejects', async () => {
    await using workspace = await Workspace.create();
    await fc.assert(
      fc.asyncProperty(fc.array(anyCall, { maxLength: 12 }), async (calls) => {
        const { observers, close } = await everyObserver(workspace.path);
        for (const [name, observer] of Object.entries(observers)) {
          for (const call of calls)
            await assert.doesNotReject(async () => {
              await call(observer, workspace.path);
            }, name);
          await observer.settled?.();
        }
        await close();
      }),
      { numRuns: 25 },
    );
  });

  test('is told everything, in order, whatever happens in the others', async () => {
    await using workspace = await Workspace.create();
    const { observers, close } = await everyObserver(workspace.path);
    const told: string[] = [];
    const witness: Required<RunObserver> = {
      begun: () => void told.push('begun'),
      changed: (vault, { phase }) => void told.push(`${vault} ${phase}`),
      notice: (level) => void told.push(level),
      machines: () => void told.push('machines'),
      settled: () => void told.push('settled'),
      ended: () => void told.push('ended'),
    };
    const fail = (): never => {
      throw new Error('out of order');
    };
    const reject = (): Promise<never> => Promise.reject(new Error('out of order'));
    const broken: RunObserver[] = [
      { begun: fail, changed: fail, notice: fail, settled: fail, ended: fail },
      { begun: reject, settled: reject, ended: reject },
    ];
    const failures: unknown[] = [];
    const all = broadcast([...broken, ...Object.values(observers), witness, ...broken], (error) =>
      failures.push(error),
    );

    await all.begun({ vaults, directory: runDirectoryAt(workspace.path, runId) });
    all.changed('NAME', { phase: 'loading', restarts: 0 });
    all.notice('warn', 'slow');
    all.machines([]);
    all.changed('NAME', { phase: 'finished', status: 'complete', restarts: 0 });
    await all.settled();
    await all.ended({ failure: { code: 'storage', message: 'full' } });
    await close();

    assert.deepEqual(told, [
      'begun',
      'NAME loading',
      'warn',
      'machines',
      'NAME finished',
      'settled',
      'ended',
    ]);
    assert.equal(failures.length, 2 * (3 * 2 + 3), 'each failure is told');
  });

  test('has the last state in status.json when the run is settled', async () => {
    await using workspace = await Workspace.create();
    const directory = runDirectoryAt(workspace.path, 'runs');
    const file = { ...directory, statusFile: workspace.at('status.json') };
    const status = new StatusFile(file);
    status.begun({ vaults, directory });
    status.changed('ID', { phase: 'finished', status: 'limited', restarts: 2 });
    await status.settled();
    const { vaults: shown } = runStatusSchema.parse(JSON.parse(await readFile(file.statusFile, 'utf8')));
    assert.deepEqual(
      shown.map(({ name, phase, restarts }) => [name, phase, restarts]),
      [
        ['NAME', 'waiting', 0],
        ['ID', 'finished', 2],
      ],
    );
  });
});
