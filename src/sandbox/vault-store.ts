import { MultisetDigest } from './multiset-digest.js';
import { RecordTable, valueText } from './record-table.js';
import { VaultRefusal } from './vault-reply.js';

/** How many fields a digest takes before others get their turn. */
const DIGEST_SLICE = 20_000;

/** Which vaults and tables exist; an empty list lets any come into being at its first insert. */
export interface KnownNames {
  readonly vaults: readonly string[];
  readonly tables: readonly string[];
  /** How an insert into an unknown table is refused. */
  readonly unknownTableStatus: 400 | 404;
}

/** All vaults of the sandbox and their tables. */
export class VaultStore {
  readonly #keep: 'records' | 'digest' | 'counts';
  #vaults = new Map<string, Map<string, RecordTable>>();

  constructor(keep: 'records' | 'digest' | 'counts') {
    this.#keep = keep;
  }

  /** The table to insert into; a refusal 400 or 404 for names that are not among the known ones. */
  tableForInsert(vaultId: string, tableName: string, known: KnownNames): RecordTable {
    this.requireVault(vaultId, known);
    requireName(tableName);
    if (known.tables.length > 0 && !known.tables.includes(tableName)) {
      throw invalidName(tableName, known.unknownTableStatus);
    }
    let tables = this.#vaults.get(vaultId);
    if (tables === undefined) this.#vaults.set(vaultId, (tables = new Map<string, RecordTable>()));
    let table = tables.get(tableName);
    if (table === undefined) tables.set(tableName, (table = new RecordTable(this.#keep)));
    return table;
  }

  /** The table to read from: empty where any may come into being, else a refusal 404 when it does not exist. */
  tableForReading(vaultId: string, tableName: string, known: KnownNames): RecordTable {
    if (known.tables.includes(tableName)) return this.tableForInsert(vaultId, tableName, known);
    this.requireVault(vaultId, known);
    requireName(tableName);
    const table = this.#vaults.get(vaultId)?.get(tableName);
    if (table !== undefined) return table;
    if (known.tables.length > 0) throw unknownTable(tableName);
    return new RecordTable(this.#keep);
  }

  requireVault(vaultId: string, known: KnownNames): void {
    if (known.vaults.length > 0 && !known.vaults.includes(vaultId)) {
      throw new VaultRefusal(404, `Vault not found: ${vaultId}`);
    }
  }

  /** The tables of a vault that have come into being, with their names. */
  namedTables(vaultId: string): Iterable<readonly [string, RecordTable]> {
    return this.#vaults.get(vaultId) ?? [];
  }

  /** Tables by name, of one vault or of all, one name or all. */
  *tables(vaultId: string | undefined, tableName: string | undefined): Generator<RecordTable> {
    for (const [id, tables] of this.#vaults) {
      if (vaultId !== undefined && id !== vaultId) continue;
      for (const [name, table] of tables) {
        if (tableName === undefined || name === tableName) yield table;
      }
    }
  }

  clear(): void {
    this.#vaults = new Map();
  }
}

/** Names that stand where a table does and are none. */
export const NO_TABLES: ReadonlySet<string> = new Set(['detokenize', 'tokenize', 'query', 'files']);

function requireName(tableName: string): void {
  if (NO_TABLES.has(tableName)) throw invalidName(tableName, 400);
}

function invalidName(tableName: string, status: 400 | 404): VaultRefusal {
  return new VaultRefusal(
    status,
    `Insert failed. Table name ${tableName} is invalid. Specify a valid table name.`,
  );
}

function unknownTable(tableName: string): VaultRefusal {
  return new VaultRefusal(404, `Object not found: ${tableName}`);
}

/** Count and digest of the (value, token) pairs of some tables; lets other requests in between. */
export async function digestTables(
  tables: Iterable<RecordTable>,
): Promise<{ readonly count: number; readonly digest: string }> {
  const total = new MultisetDigest();
  for (const table of tables) {
    const running = table.runningDigest();
    if (running !== undefined) {
      total.merge(running);
      continue;
    }
    let inSlice = 0;
    for (const { value, token } of table.fields()) {
      total.add(valueText(value), token ?? '');
      inSlice += 1;
      if (inSlice % DIGEST_SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { count: total.count, digest: total.hex() };
}

/** The record that stands under a token. */
interface FoundToken {
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
