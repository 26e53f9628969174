import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { Listr } from 'listr2';
import { TreeRenderer } from '../../supervisor/view/tree-renderer.js';
import { VaultTask } from '../../supervisor/view/tree-view.js';
import { snapshotOf } from '../report/snapshot-fixture.js';
import { FakeClock, FakeTerminal } from './fake-terminal.js';

/** What listr2 makes of these vaults, drawn to nobody. */
function listrOf(vaults: Readonly<Record<string, VaultTask>>) {
  const stream = new FakeTerminal(80, 24);
  return new Listr<unknown, typeof TreeRenderer>(
    Object.entries(vaults).map(([name, task]) => task.describe(name)),
    {
      ...{ concurrent: true, exitOnError: false, registerSignalListeners: false, renderer: TreeRenderer },
      rendererOptions: {
        ...{ stream, style: { unicode: true, color: false }, clock: new FakeClock() },
        givesWay: false,
        onBegun: (renderer) => renderer.finish(),
      },
    },
  );
}

/** The tree as listr2 has it: of each vault its state, how often it is tried again and why, and its phases. */
async function treeOf(listr: ReturnType<typeof listrOf>): Promise<unknown> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  return listr.tasks.map(({ title, state, retry, subtasks }) => ({
    title,
    state,
    ...(retry === undefined ? {} : { retry: [retry.count, retry.error?.message] }),
    phases: subtasks.map((phase) => `${phase.title ?? ''}: ${phase.state}`),
  }));
}

describe('the tasks of listr2', () => {
  test('are vaults with their phases as sub-tasks, and a restart is a retry with phases of its own', async () => {
    const [name, id] = [new VaultTask(), new VaultTask()];
    const listr = listrOf({ NAME: name, ID: id });
    const end = listr.run();
    const checking = ['checking the source: STARTED', 'loading: WAITING'];
    assert.deepEqual(await treeOf(listr), [
      { title: 'NAME', state: 'STARTED', phases: checking },
      { title: 'ID', state: 'STARTED', phases: checking },
    ]);
    name.become({ phase: 'loading', restarts: 0, snapshot: snapshotOf() });
    id.become({ phase: 'restarting', restarts: 1, message: 'it was killed' });
    assert.deepEqual(await treeOf(listr), [
      { title: 'NAME', state: 'STARTED', phases: ['checking the source: COMPLETED', 'loading: STARTED'] },
      { title: 'ID', state: 'RETRY', retry: [1, 'it was killed'], phases: checking },
    ]);
    name.become({ phase: 'finished', status: 'complete', restarts: 0, snapshot: snapshotOf() });
    id.become({ phase: 'loading', restarts: 1, snapshot: snapshotOf() });
    await treeOf(listr);
    id.become({ phase: 'finished', status: 'incomplete', restarts: 1, message: 'the vault is out' });
    await end;
    assert.deepEqual(await treeOf(listr), [
      { title: 'NAME', state: 'COMPLETED', phases: ['checking the source: COMPLETED', 'loading: COMPLETED'] },
      {
        ...{ title: 'ID', state: 'FAILED', retry: [1, 'it was killed'] },
        phases: ['checking the source: COMPLETED', 'loading: FAILED'],
      },
    ]);
  });

  test('end with the view, whatever phase they are in, and a vault that dies before listr2 looks is no unhandled rejection', async () => {
    const task = new VaultTask();
    task.become({ phase: 'restarting', restarts: 1, message: 'at once' });
    const listr = listrOf({ NAME: task });
    const end = listr.run();
    task.end();
    await end;
    assert.equal(listr.tasks[0]?.state, 'COMPLETED');
  });
});
