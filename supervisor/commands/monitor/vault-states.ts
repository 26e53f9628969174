import type { VaultState } from '../../run/vault-state.js';
import type { RunReading } from './watched-run.js';

/**
 * Where each vault of a run stands. Of a run that is at its end as that end says it: what was written last, by whoever watched
 * other machines, may be from before.
 */
export function vaultStates({ state: of, status, summary }: RunReading): ReadonlyMap<string, VaultState> {
  const ended = new Map((summary?.vaults ?? []).map((vault) => [vault.name, vault]));
  return new Map(
    (status?.vaults ?? []).map(({ name, ...state }): [string, VaultState] => {
      if (of === 'active') return [name, state];
      const end = ended.get(name);
      if (end === undefined) return [name, { ...state, phase: 'finished' }];
      const { read, uploaded, failed, skipped, unsettled, in_doubt } = end;
      const snapshot = state.snapshot && {
        ...state.snapshot,
        ...{ read, uploaded, failed, skipped, unsettled, in_doubt, in_flight: 0 },
      };
      return [name, { ...state, phase: 'finished', status: end.status, snapshot }];
    }),
  );
}
