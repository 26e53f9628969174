import { TreeView } from '../../supervisor/view/tree-view.js';
import { snapshotOf } from '../report/snapshot-fixture.js';
import { FakeClock, FakeTerminal } from './fake-terminal.js';

const STYLE = { unicode: true, color: false };
export const NAMES = ['NAME', 'ID', 'DOB', 'SSN'];

interface Scene {
  readonly terminal: FakeTerminal;
  readonly clock: FakeClock;
  readonly view: TreeView;
}

export function scene(columns = 100, rows = 24): Scene {
  const terminal = new FakeTerminal(columns, rows);
  const clock = new FakeClock();
  return { terminal, clock, view: new TreeView({ stream: terminal, style: STYLE, clock }) };
}

export function loading(read: number): {
  readonly phase: 'loading';
  readonly restarts: number;
  readonly snapshot: ReturnType<typeof snapshotOf>;
} {
  return { phase: 'loading', restarts: 0, snapshot: snapshotOf({ read, uploaded: read }) };
}
