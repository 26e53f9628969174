import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateCsvPairs } from '../../src/generate/generate-csv-pairs.js';
import type { TargetVault } from '../target/load-target.js';

/** A temporary folder for the records and run directories of a benchmark; it goes with everything in it. */
export class BenchmarkWorkspace implements AsyncDisposable {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly runDirectory: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.dataDirectory = join(directory, 'data');
    this.runDirectory = join(directory, 'runs');
  }

  static async create(): Promise<BenchmarkWorkspace> {
    const workspace = new BenchmarkWorkspace(
      await realpath(await mkdtemp(join(tmpdir(), 'skyflow-supervise-bench-'))),
    );
    await mkdir(workspace.dataDirectory);
    return workspace;
  }

  /** Writes so many records for each vault, always the same ones. */
  async fill(vaults: readonly TargetVault[], count: number, signal: AbortSignal): Promise<void> {
    await generateCsvPairs({
      directory: this.dataDirectory,
      count,
      vaults: vaults.map(({ csv }) => csv),
      seed: 'benchmark',
      force: true,
      signal,
    });
  }

  /** Removes the run directories of loads that have been measured. */
  async forgetRuns(): Promise<void> {
    await rm(this.runDirectory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
