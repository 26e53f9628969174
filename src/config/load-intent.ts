/** What a configuration is for. */
export interface LoadIntent {
  /** Names given with `--vault`; undefined means all. */
  readonly selection: readonly string[] | undefined;
  /** False: only the vaults are used, not the source. */
  readonly readsSource: boolean;
  /** `--new-run`. */
  readonly newRun: boolean;
  /** Against which relative paths are resolved. */
  readonly workingDirectory: string;
}
