import type { RecordTable } from './record-table.js';
import type { VaultStore } from './vault-store.js';

/** The record that stands under a token. */
export interface FoundToken {
  readonly table: RecordTable;
  readonly tableName: string;
  readonly column: string;
  readonly row: number;
  readonly value: unknown;
}

/** Looks a token up in all tables of a vault. */
export function findToken(store: VaultStore, vaultId: string, token: string): FoundToken | undefined {
  for (const [tableName, table] of store.namedTables(vaultId)) {
    for (const column of table.columnNames()) {
      const row = table.rowOfToken(column, token);
      if (row !== undefined) return { table, tableName, column, row, value: table.valueAt(row, column) };
    }
  }
  return undefined;
}
