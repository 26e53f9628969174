import type { MockCsvVault } from '../../src/generate/generate-csv-pairs.js';

/** A vault as a benchmark loads it. */
export interface TargetVault {
  readonly name: string;
  readonly id: string;
  readonly csv: MockCsvVault;
}

/** Where the records of a benchmark go: a sandbox of its own, or somebody's test vault. */
export interface BenchTarget {
  readonly kind: 'sandbox' | 'vault';
  /** For people. */
  readonly title: string;
  readonly vaults: readonly TargetVault[];
  /** The configuration that `skyflow-supervise` is given. */
  readonly configFile: string;
  /** What this target needs beside the flags that are measured. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The mean of what was asked of the sandbox; undefined for a vault, whose latency is its own. */
  readonly meanLatencyMs: number | undefined;
  /** What a person must know about the records that stay behind; undefined when none do. */
  readonly remains: string | undefined;
}
