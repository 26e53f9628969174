import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import type { Fields, RecordTable, Tokens } from './record-table.js';
import { VaultRefusal } from './vault-reply.js';

const MAX_UNIQUE_CHARACTERS = 2500;

export type ByotMode = 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';

/** How a record is to be stored. */
export interface Storing {
  /** The unique column by which a record that is there is updated. */
  readonly upsert?: string | undefined;
  /** The row that is updated, where its id names it. */
  readonly row?: number | undefined;
}

/** A record that may be stored: one field at least, and tokens only for its own fields. */
export interface SoundRecord {
  readonly fields: Fields;
  readonly tokens?: Tokens | null | undefined;
}

/** The mode that a request says, or that of the vault. */
export function byotOf(said: unknown, { byotDefault }: LiveOptions): ByotMode {
  const byot = said ?? byotDefault;
  if (byot === 'DISABLE' || byot === 'ENABLE' || byot === 'ENABLE_STRICT') return byot;
  throw new VaultRefusal(400, 'Invalid request. byot must be DISABLE, ENABLE or ENABLE_STRICT');
}

/** Whether a column holds each value once. */
export function isUniqueColumn(options: LiveOptions, table: string, column: string): boolean {
  return options.uniqueColumns.some(
    (name) => name === '*' || name === column || name === `${table}.${column}`,
  );
}

/**
 * What the vault demands of records of one table in one request. It remembers the records it has let pass, so that
 * two of one request that exclude each other are noticed before anything is stored.
 */
export class InsertRules {
  readonly #options: LiveOptions;
  readonly #tableName: string;
  readonly #table: RecordTable;
  readonly #byot: ByotMode;
  readonly #poisonPattern: RegExp | undefined;
  readonly #passedValues = new Map<string, Set<unknown>>();
  readonly #passedTokens = new Map<string, Map<string, unknown>>();

  constructor(
    options: LiveOptions,
    target: { readonly name: string; readonly table: RecordTable },
    byot: ByotMode,
  ) {
    this.#options = options;
    this.#tableName = target.name;
    this.#table = target.table;
    this.#byot = byot;
    this.#poisonPattern = options.poisonPattern === '' ? undefined : new RegExp(options.poisonPattern, 'u');
  }

  /** Throws the refusal of a record that must not be stored. */
  check(record: unknown, storing: Storing = {}): asserts record is SoundRecord {
    const { upsert, row } = storing;
    if (upsert !== undefined && !isUniqueColumn(this.#options, this.#tableName, upsert)) {
      throw new VaultRefusal(400, `Upsert column ${upsert} of ${this.#tableName} is not unique`);
    }
    if (!isJsonObject(record) || !isJsonObject(record['fields'])) {
      throw new VaultRefusal(400, 'Invalid request. Every record needs fields');
    }
    const fields = record['fields'];
    const tokens = record['tokens'] ?? undefined;
    if (tokens !== undefined && !isJsonObject(tokens)) {
      throw new VaultRefusal(400, 'Invalid request. Tokens must be an object');
    }
    if (this.#options.refuseAll) throw new VaultRefusal(400, 'Invalid request. Records are not accepted');
    const matched = upsert === undefined ? row : this.#match(upsert, fields);
    let fieldCount = 0;
    for (const name in fields) {
      fieldCount += 1;
      this.#checkToken(name, tokens?.[name]);
      this.#checkPoison(fields[name], tokens?.[name]);
      assertExact(fields[name]);
      this.#checkUnique(name, fields[name], { matched, ...storing });
      this.#checkConflict(name, fields[name], tokens?.[name], matched);
    }
    if (fieldCount === 0) throw new VaultRefusal(400, 'Invalid request. Every record needs fields');
    for (const name in tokens) {
      if (!Object.hasOwn(fields, name)) {
        throw new VaultRefusal(400, `Invalid request. Token without a field: ${name}`);
      }
    }
  }

  #match(upsert: string, fields: Fields): number | undefined {
    if (!Object.hasOwn(fields, upsert)) {
      throw new VaultRefusal(400, `Invalid request. Upsert column ${upsert} is missing in a record`);
    }
    return this.#table.rowOfValue(upsert, fields[upsert]);
  }

  #checkToken(name: string, token: unknown): void {
    if (token === undefined) {
      if (this.#byot === 'ENABLE_STRICT') {
        throw new VaultRefusal(400, `Invalid request. byot ENABLE_STRICT needs a token for ${name}`);
      }
      return;
    }
    if (typeof token !== 'string' || token === '') {
      throw new VaultRefusal(400, `Invalid request. The token for ${name} is no text`);
    }
    if (this.#byot === 'DISABLE') {
      throw new VaultRefusal(400, 'Invalid request. Tokens are not accepted with byot DISABLE');
    }
  }

  #checkPoison(value: unknown, token: unknown): void {
    const { poison, poisonStatus, poisonQuotesValue } = this.#options;
    if ((poison.length === 0 && this.#poisonPattern === undefined) || typeof value !== 'string') return;
    if (!poison.some((part) => value.includes(part)) && this.#poisonPattern?.test(value) !== true) return;
    const quoted = poisonQuotesValue ? `: ${value} (${String(token)})` : '';
    throw new VaultRefusal(poisonStatus, `Invalid request. A value is not acceptable${quoted}`);
  }

  #checkUnique(
    name: string,
    value: unknown,
    { upsert, row, matched }: Storing & { readonly matched: number | undefined },
  ): void {
    if (this.#options.uniqueColumns.length === 0) return;
    if (!isUniqueColumn(this.#options, this.#tableName, name)) return;
    const verb = row === undefined ? 'Insert' : 'Update';
    if (typeof value === 'string' && value.length > MAX_UNIQUE_CHARACTERS) {
      throw new VaultRefusal(
        400,
        `${verb} failed. Token insertion error: a value of the unique column ${name} is longer than ${MAX_UNIQUE_CHARACTERS} characters`,
      );
    }
    const passed = this.#passedValues.get(name) ?? new Set();
    this.#passedValues.set(name, passed);
    const held = this.#table.rowOfValue(name, value);
    if (name !== upsert && ((held !== undefined && held !== matched) || passed.has(value))) {
      throw new VaultRefusal(
        this.#options.duplicateStatus,
        `${verb} failed. Column ${name}: unique constraint violation`,
      );
    }
    passed.add(value);
  }

  #checkConflict(name: string, value: unknown, token: unknown, matched: number | undefined): void {
    const { tokenConflict } = this.#options;
    if (tokenConflict === 'store' || typeof token !== 'string') return;
    const passed = this.#passedTokens.get(name) ?? new Map<string, unknown>();
    this.#passedTokens.set(name, passed);
    const row = this.#table.rowOfToken(name, token);
    const another =
      (row !== undefined && row !== matched && this.#table.valueAt(row, name) !== value) ||
      (passed.has(token) && passed.get(token) !== value);
    if (another) throw new VaultRefusal(tokenConflict, `Token already in use in column ${name}`);
    passed.set(token, value);
  }
}

/** A value that is not kept as it came is refused, and not kept as nearly the same. */
function assertExact(value: unknown): void {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new VaultRefusal(501, 'not emulated: whole numbers beyond 2^53');
  }
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(assertExact);
}
