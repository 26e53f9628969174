import type { ConfigurationProblem } from './configuration-error.js';
import { isTree, readPath } from './settings-tree.js';

/**
 * Where each setting comes from, by key: `flag --batch-size`, `environment SKYFLOW_VAULT_URL`, the file's name,
 * `prompt` or `default`. The vaults' own keys are `skyflow.vaults[0].id`.
 */
export type Origins = Readonly<Record<string, string>>;

/**
 * Merged settings that may still be wrong in places, to check what belongs together: a value of the wrong type
 * reads as absent, since the schema has reported it.
 */
export class SettingsView {
  readonly #tree: unknown;
  readonly #origins: Origins;
  readonly #reported: ReadonlySet<string>;
  readonly problems: ConfigurationProblem[] = [];

  constructor(tree: unknown, origins: Origins, reported: ReadonlySet<string>) {
    this.#tree = tree;
    this.#origins = origins;
    this.#reported = reported;
  }

  text(key: string): string | undefined {
    const value = readPath(this.#tree, key);
    return typeof value === 'string' ? value : undefined;
  }

  number(key: string): number | undefined {
    const value = readPath(this.#tree, key);
    return typeof value === 'number' ? value : undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = readPath(this.#tree, key);
    return typeof value === 'boolean' ? value : undefined;
  }

  /** How many vaults are listed; undefined when there is no list. */
  get vaultCount(): number | undefined {
    const vaults = readPath(this.#tree, 'skyflow.vaults');
    return Array.isArray(vaults) ? vaults.length : undefined;
  }

  has(key: string): boolean {
    return readPath(this.#tree, key) !== undefined;
  }

  origin(key: string): string | undefined {
    return this.#origins[key];
  }

  /** Whether there is anything at all to check. */
  get isReadable(): boolean {
    return isTree(this.#tree);
  }

  report(key: string, found: string, allowed: string, suggestion?: string): void {
    if (this.#reported.has(key)) return;
    this.problems.push({ key, found, allowed, suggestion, where: this.#origins[key] });
  }
}
