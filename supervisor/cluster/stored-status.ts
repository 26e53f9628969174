import type { StoredVault } from '../../src/store/shared-store.js';
import type { RunStatus } from '../observers/status-format.js';
import { isOver } from './cluster-outcomes.js';
import { clusterSnapshot } from './cluster-snapshot.js';
import type { OpenStoredRun } from './stored-run.js';

/** Where a run of a store stands at this moment, and whether anything is left to be done; as its own `status.json` has it. */
export async function storedStatus({
  runId,
  runs,
  workers,
}: OpenStoredRun): Promise<{ readonly status: RunStatus; readonly isOver: boolean }> {
  const [rows, machines, run] = await Promise.all([
    runs.vaults(runId),
    workers.machines(runId),
    runs.run(runId),
  ]);
  const isRunOver = run === undefined || run.is_finished || (run.control === 'stop' && rows.every(isAtRest));
  return {
    isOver: isRunOver,
    status: {
      format_version: 1,
      run_id: runId,
      pid: 0,
      updated_at: new Date().toISOString(),
      vaults: rows.map((row) => ({
        name: row.vault,
        pid: null,
        phase: isOver(row) ? 'finished' : 'loading',
        ...(run?.control === 'pause' && !isOver(row) ? { waitsFor: 'go' as const } : {}),
        snapshot: clusterSnapshot(row),
        ...(row.error === null ? {} : { message: row.error.message }),
        restarts: 0,
      })),
      machines,
    },
  };
}

const isAtRest = ({ shards_owned }: StoredVault): boolean => shards_owned === 0;
