import type { LoggedVault } from '../../error-log/error-log-entry.js';

/** The vault whose records are taken from error logs. */
export type WantedVault = Pick<LoggedVault, 'name' | 'id' | 'table'>;

/** Whether records of `logged` belong to `wanted`: same id and table, and the same name in any case. */
export function isOf(wanted: WantedVault, logged: LoggedVault): boolean {
  return (
    logged.id === wanted.id &&
    logged.table === wanted.table &&
    logged.name.toLowerCase() === wanted.name.toLowerCase()
  );
}
