import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import type { Fields, RecordTable, Tokens } from './record-table.js';
import { VaultRefusal } from './vault-reply.js';

const MAX_UNIQUE_CHARACTERS = 2500;

export type ByotMode = 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';

/** A record that may be stored: one field at least, and tokens only for its own fields. */
export interface SoundRecord {
  readonly fields: Fields;
  readonly tokens?: Tokens | null | undefined;
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
  readonly #upsert: string | undefined;
  readonly #poisonPattern: RegExp | undefined;
  readonly #passedValues = new Map<string, Set<unknown>>();
  readonly #passedTokens = new Map<string, Map<string, unknown>>();

  constructor(
    options: LiveOptions,
    target: { readonly name: string; readonly table: RecordTable },
    request: { readonly byot: ByotMode; readonly upsert: string | undefined },
  ) {
    this.#options = options;
    this.#tableName = target.name;
    this.#table = target.table;
    this.#byot = request.byot;
    this.#upsert = request.upsert;
    this.#poisonPattern = options.poisonPattern === '' ? undefined : new RegExp(options.poisonPattern, 'u');
    if (request.upsert !== undefined && !isUniqueColumn(options, target.name, request.upsert)) {
      throw new VaultRefusal(400, `Upsert column ${request.upsert} of ${target.name} is not unique`);
    }
  }

  /** Throws the refusal of a record that must not be stored. */
  check(record: unknown): asserts record is SoundRecord {
    if (!isJsonObject(record) || !isJsonObject(record['fields'])) {
      throw new VaultRefusal(400, 'Invalid request. Every record needs fields');
    }
    const fields = record['fields'];
    const tokens = record['tokens'] ?? undefined;
    if (tokens !== undefined && !isJsonObject(tokens)) {
      throw new VaultRefusal(400, 'Invalid request. Tokens must be an object');
    }
    if (this.#options.refuseAll) throw new VaultRefusal(400, 'Invalid request. Records are not accepted');
    const matched = this.#upsert === undefined ? undefined : this.#match(this.#upsert, fields);
    let fieldCount = 0;
    for (const name in fields) {
      fieldCount += 1;
      this.#checkToken(name, tokens?.[name]);
      this.#checkPoison(fields[name], tokens?.[name]);
      this.#checkUnique(name, fields[name], matched);
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

  #checkUnique(name: string, value: unknown, matched: number | undefined): void {
    if (this.#options.uniqueColumns.length === 0) return;
    if (!isUniqueColumn(this.#options, this.#tableName, name)) return;
    if (typeof value === 'string' && value.length > MAX_UNIQUE_CHARACTERS) {
      throw new VaultRefusal(
        400,
        `Insert failed. Token insertion error: a value of the unique column ${name} is longer than ${MAX_UNIQUE_CHARACTERS} characters`,
      );
    }
    if (name === this.#upsert) return;
    const passed = this.#passedValues.get(name) ?? new Set();
    this.#passedValues.set(name, passed);
    const row = this.#table.rowOfValue(name, value);
    if ((row !== undefined && row !== matched) || passed.has(value)) {
      throw new VaultRefusal(
        this.#options.duplicateStatus,
        `Insert failed. Column ${name}: unique constraint violation`,
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
