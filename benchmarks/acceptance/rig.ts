import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { runSummarySchema, type RunSummary } from '../../src/report/summary-format.js';
import type { VaultSandboxOptions } from '../../src/sandbox/options.js';
import { startVaultSandbox, type VaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { measuredProgram } from '../target/program.js';
import { startCommand, type RunningCommand } from './command.js';
import { RowCount, writeRows, type Held } from './rows.js';

const listed = z.object({ value: z.string(), token: z.string() });
const statsSchema = z.looseObject({
  requests: z.int(),
  throttled: z.int(),
  in_flight: z.int(),
  pending_commits: z.int(),
});

/** In every batch, and at the same time, where a scenario says nothing else. */
export const batchSize = 25;
export const concurrency = 4;
const pollMs = 5;

/** What a scenario is carried out by. */
export interface Stage {
  readonly stopping: AbortSignal;
  /** Where commands that nobody kills are run instead of a process of their own; resolves with their end. */
  readonly toTheEnd?: (
    argv: readonly string[],
    place: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ) => Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
}

export interface RigOptions {
  /** Names of the vaults; each has a table and a column of its name. */
  readonly vaults?: readonly ('SSN' | 'ID')[];
  readonly sandbox?: VaultSandboxOptions;
  /** Sections of the configuration, laid over what is usual. */
  readonly skyflow?: object;
  readonly performance?: object;
  readonly others?: object;
}

export interface CommandOptions {
  /** Another program than this checkout's. */
  readonly program?: string;
  /** What the program is started by, as `setpriv` is. */
  readonly launcher?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Killing extends CommandOptions {
  readonly kills: number;
  /** So many records come or go between two of them. */
  readonly stride: number;
  /** Whether the processes of the vaults go with the supervisor. */
  readonly all: boolean;
  /** What is done or looked at after each. */
  readonly struck?: () => Promise<void>;
  /** Exit statuses of the last one, which runs to its end. */
  readonly expected?: readonly number[];
}

/** A sandbox, and a folder with files and run directories. Disposing ends everything that it has started. */
export class Rig implements AsyncDisposable {
  readonly folder: string;
  readonly #sandbox: VaultSandbox;
  readonly #stage: Stage;
  readonly #vaults: readonly string[];
  readonly #running = new Set<RunningCommand>();

  private constructor(folder: string, options: RigOptions, sandbox: VaultSandbox, stage: Stage) {
    this.folder = folder;
    this.#sandbox = sandbox;
    this.#stage = stage;
    this.#vaults = options.vaults ?? ['SSN'];
    stage.stopping.addEventListener('abort', this.#killAll);
  }

  static async open(stage: Stage, options: RigOptions = {}): Promise<Rig> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'skyflow-supervise-acceptance-')));
    await mkdir(join(folder, 'data'));
    const rig = new Rig(folder, options, await startVaultSandbox(options.sandbox), stage);
    const performance = {
      append_suffix: false,
      max_records: 0,
      batch_size: batchSize,
      max_concurrency: concurrency,
    };
    const configuration = {
      skyflow: {
        vault_url: rig.url,
        bearer_token: 'acceptance-token',
        vaults: rig.#vaults.map((name) => ({ name, id: vaultId(name), column: name.toLowerCase() })),
        settle_ms: 0,
        ...options.skyflow,
      },
      csv: { data_directory: join(folder, 'data') },
      performance: { ...performance, ...options.performance },
      ...options.others,
    };
    await writeFile(rig.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
    return rig;
  }

  get url(): string {
    return this.#sandbox.url;
  }

  at(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** What config.json says. */
  configuration(): Promise<string> {
    return readFile(this.at('config.json'), 'utf8');
  }

  /** The files of each vault hold rows `from` to `to` (exclusive) from now on. */
  async write(from: number, to: number): Promise<void> {
    for (const name of this.#vaults) await writeRows(this.at('data'), name.toLowerCase(), from, to);
  }

  start(argv: readonly string[], options: CommandOptions = {}): RunningCommand {
    this.#stage.stopping.throwIfAborted();
    const words = [
      ...(options.launcher ?? []),
      process.execPath,
      options.program ?? measuredProgram,
      ...argv,
    ];
    const command = startCommand(words, this.#place(options));
    this.#running.add(command);
    void command.ended.then(() => this.#running.delete(command));
    return command;
  }

  /** Runs a command to its end, and resolves with what it said. Throws when its exit status is none of `expected`. */
  async run(
    argv: readonly string[],
    expected: readonly number[] = [0],
    options: CommandOptions = {},
  ): Promise<string> {
    const { status, said } = await this.#end(argv, options);
    this.#stage.stopping.throwIfAborted();
    if (!expected.includes(status)) throw new Error(`${argv.join(' ')} ended with ${status}: ${said}`);
    return said;
  }

  /** Runs commands one after the other, each but the last until it is killed; throws when one ends before that. */
  async runKilled(argv: (strike: number) => Promise<readonly string[]>, killing: Killing): Promise<void> {
    for (let strike = 0; strike < killing.kills; strike += 1) {
      const command = this.start(await argv(strike), killing);
      await this.moves(killing.stride, command);
      command.kill(killing.all ? 'all' : 'supervisor');
      await command.ended;
      if (killing.all) await this.#becomesQuiet();
      await killing.struck?.();
    }
    await this.run(await argv(killing.kills), killing.expected, killing);
  }

  /** Waits until so many records more or less are held than now. */
  async moves(records: number, command: RunningCommand): Promise<void> {
    const before = await this.count();
    while (Math.abs((await this.count()) - before) < records) {
      this.#stage.stopping.throwIfAborted();
      if (command.isOver)
        throw new Error(`it ended before it was to be killed: ${(await command.ended).said}`);
      await wait(pollMs);
    }
  }

  async count(): Promise<number> {
    return z.object({ count: z.int() }).parse(await (await this.#control('count')).json()).count;
  }

  async stats(): Promise<z.infer<typeof statsSchema>> {
    return statsSchema.parse(await (await this.#control('stats')).json());
  }

  /** Changes options of the sandbox. */
  async set(options: object): Promise<void> {
    await this.#control('faults', { method: 'PATCH', body: JSON.stringify(options) });
  }

  /** All vaults together against rows 0 to `rows` (exclusive) of each. */
  async compare(rows: number): Promise<Held> {
    const sum = { missing: 0, doubled: 0, foreign: 0 };
    for (const name of this.#vaults) {
      const count = new RowCount(rows);
      const { body } = await this.#control(
        `records?${new URLSearchParams({ vault: vaultId(name) }).toString()}`,
      );
      if (body === null) throw new Error('the sandbox lists nothing');
      for await (const line of createInterface({ input: Readable.from(body) })) {
        if (line === '') continue;
        const { value, token } = listed.parse(JSON.parse(line));
        count.add(value, token);
      }
      const { missing, doubled, foreign } = count.held;
      sum.missing += missing;
      sum.doubled += doubled;
      sum.foreign += foreign;
    }
    return sum;
  }

  /** The directory of the newest run. */
  async newestRun(runs = 'runs'): Promise<string> {
    const names = (await readdir(this.at(runs))).filter((name) => /^\d{8}T\d{6}Z-\w+$/.test(name)).sort();
    return this.at(runs, names.at(-1) ?? 'none');
  }

  async summary(runs?: string): Promise<RunSummary> {
    const file = join(await this.newestRun(runs), 'summary.json');
    return runSummarySchema.parse(JSON.parse(await readFile(file, 'utf8')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stage.stopping.removeEventListener('abort', this.#killAll);
    const ending = [...this.#running].map((command) => command.ended);
    this.#killAll();
    await Promise.all(ending);
    await this.#sandbox.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #end(argv: readonly string[], options: CommandOptions): RunningCommand['ended'] {
    const { toTheEnd } = this.#stage;
    if (toTheEnd === undefined || options.program !== undefined || options.launcher !== undefined)
      return this.start(argv, options).ended;
    const { status, stdout, stderr } = await toTheEnd(argv, this.#place(options));
    return { status: status ?? -1, said: stdout + stderr };
  }

  #place({ env }: CommandOptions) {
    return { cwd: this.folder, env: { XDG_STATE_HOME: this.at('.state'), ...env } };
  }

  readonly #killAll = (): void => {
    for (const command of this.#running) command.kill('all');
  };

  /** What was on its way when its sender was killed has had its effect, or never will. */
  async #becomesQuiet(): Promise<void> {
    for (;;) {
      const { in_flight: inFlight, pending_commits: pending } = await this.stats();
      if (inFlight + pending === 0) return;
      await wait(pollMs);
    }
  }

  async #control(path: string, init?: RequestInit): Promise<Response> {
    const answer = await fetch(`${this.#sandbox.controlUrl}/sandbox/${path}`, init);
    if (!answer.ok) throw new Error(`sandbox ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

const vaultId = (name: string): string => `vault-${name.toLowerCase()}`;
