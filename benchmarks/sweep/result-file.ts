import { existsSync } from 'node:fs';
import { open, readFile, rm, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import { machineFacts, machineFactsSchema } from '../measure/machine-facts.js';

const count = z.coerce.number().int().nonnegative();
const figure = z.coerce.number().nonnegative();

/** One measured load, as a row of `benchmark_results_<timestamp>.csv`; in the order of its columns. */
const sweepRowSchema = z.object({
  measured_at: z.string().describe('When the load began, in UTC.'),
  target: z.enum(['sandbox', 'vault']).describe('What was loaded.'),
  vaults: count.min(1).describe('How many vaults at the same time.'),
  concurrency: count.min(1).describe('Workers of each vault.'),
  batch_size: count.min(1).describe('Records of one request.'),
  repetition: count.min(1).describe('Which repetition of this configuration, from 1.'),
  records: count.describe('Records to load, of all vaults.'),
  uploaded: count.describe('Records that the vaults acknowledged.'),
  failed: count.describe('Records that the vaults refused.'),
  unsettled: count.describe('Records without a verdict; 0 unless the load could not be finished.'),
  exit_status: count.describe('Of `skyflow-supervise`: 0, or 1 with failed records, or 3 unfinished.'),
  wall_s: figure.describe('Seconds of the whole command, with start, pass over the files and summary.'),
  load_s: figure.describe('Seconds from the first row to the last answer, of the slowest vault.'),
  records_per_second: figure.describe('`uploaded` over `load_s`, of all vaults together.'),
  requests: count.describe('Requests, with repeated ones.'),
  retries: count.describe('Requests that were repeated.'),
  throttled: count.describe('Answers with status 429.'),
  latency_avg_ms: figure.describe('Average latency of a request.'),
  latency_p50_ms: figure.describe('Median, of the vault where it is highest; so are the next three.'),
  latency_p95_ms: figure.describe('95th percentile.'),
  latency_p99_ms: figure.describe('99th percentile.'),
  latency_max_ms: figure.describe('Longest.'),
  average_concurrency: figure.describe('Workers that were busy, on average, of each vault.'),
  cpu_s: z
    .union([z.literal('').transform(() => undefined), figure])
    .describe('User and system time of supervisor and children; empty where the system does not tell.'),
  cpu_us_per_record: z
    .union([z.literal('').transform(() => undefined), figure])
    .describe('`cpu_s` over `records`, in microseconds.'),
  rss_mib: figure.describe('Memory of the largest child at its end.'),
});

/** One measured load. */
export type SweepRow = z.output<typeof sweepRowSchema>;

type Column = keyof typeof sweepRowSchema.shape;

/** The names of the columns in their order. */
export const sweepColumns = Object.keys(sweepRowSchema.shape) as Column[];

/** The columns with what they mean, for the docs. */
export function describeColumns(): readonly (readonly [name: string, meaning: string])[] {
  return sweepColumns.map((name) => [name, sweepRowSchema.shape[name].description ?? '']);
}

/** Everything that must be the same when a sweep goes on. */
export const sweepPlanSchema = z.object({
  format_version: z.literal(1),
  sweep: z.enum(['quick', 'full']),
  target: z.enum(['sandbox', 'vault']),
  /** Absolute path of the configuration of a real target. */
  config_file: z.string().nullable(),
  vaults: z.array(z.string()),
  /** As `--latency` takes it; null for a real target. */
  latency: z.string().nullable(),
  configurations: z.array(z.string()).min(1),
  repetitions: z.int().min(1),
  /** Records for each vault in each load; null: `rounds` batches for each worker. */
  records: z.int().min(1).nullable(),
  rounds: z.int().min(1),
  /** The machine, once for each time the sweep was started. */
  machines: z.array(machineFactsSchema),
});
export type SweepPlan = z.infer<typeof sweepPlanSchema>;

/**
 * The CSV file of a sweep, and beside it, under the same name with `.json`, its plan and the machine. A row is on
 * disk before the next load begins, so whatever ends the sweep, it can go on.
 */
export class ResultFile implements AsyncDisposable {
  readonly path: string;
  readonly plan: SweepPlan;
  readonly #handle: FileHandle;
  readonly #rows: SweepRow[];

  private constructor(path: string, parts: { plan: SweepPlan; handle: FileHandle; rows: SweepRow[] }) {
    this.path = path;
    this.plan = parts.plan;
    this.#handle = parts.handle;
    this.#rows = parts.rows;
  }

  /** Begins a sweep; throws `usage` when the file is there already. */
  static async create(path: string, plan: Omit<SweepPlan, 'machines'>): Promise<ResultFile> {
    const handle = await open(path, 'ax', 0o600).catch((error: unknown) => {
      const reason = systemCode(error) === 'EEXIST' ? 'is there already' : 'cannot be written';
      throw new SuperviseError('usage', `${path} ${reason}`, {
        hint: 'A sweep that was stopped goes on with --resume FILE.',
        cause: error,
      });
    });
    await handle.appendFile(`${sweepColumns.join(',')}\n`);
    const complete = { ...plan, machines: [machineFacts()] };
    await writePlan(path, complete);
    return new ResultFile(path, { plan: complete, handle, rows: [] });
  }

  /** Goes on with a sweep; throws `usage` or `source` when the file is none. */
  static async reopen(path: string): Promise<ResultFile> {
    if (!existsSync(path)) throw new SuperviseError('usage', `--resume: ${path} does not exist`);
    const planned = await readSweepPlan(path);
    if (planned === undefined) {
      throw new SuperviseError(
        'usage',
        `--resume: ${planPathOf(path)}, which holds the plan, cannot be read`,
      );
    }
    const text = await readFile(path, 'utf8');
    const rows = readResults(text, path);
    await truncate(path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
    const plan = { ...planned, machines: [...planned.machines, machineFacts()] };
    await writePlan(path, plan);
    return new ResultFile(path, { plan, handle: await open(path, 'a'), rows });
  }

  get rows(): readonly SweepRow[] {
    return this.#rows;
  }

  async append(row: SweepRow): Promise<void> {
    await this.#handle.appendFile(`${sweepColumns.map((column) => cell(row[column])).join(',')}\n`);
    await this.#handle.datasync();
    this.#rows.push(row);
  }

  /** Removes a file that holds no row, and its plan. */
  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(planPathOf(this.path), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** The plan beside a CSV file; undefined when there is none that can be read. */
export async function readSweepPlan(path: string): Promise<SweepPlan | undefined> {
  const text = await readFile(planPathOf(path), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return sweepPlanSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function planPathOf(path: string): string {
  return `${path.replace(/\.csv$/, '')}.json`;
}

async function writePlan(path: string, plan: SweepPlan): Promise<void> {
  await writeFile(planPathOf(path), `${JSON.stringify(plan, undefined, 2)}\n`, { mode: 0o600 });
}

/** Figures to four significant digits, or whole: what is beyond is noise. */
function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || Number.isInteger(value)) return String(value);
  return value >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

/**
 * Reads the text of a sweep's CSV file, in any order of columns and with others beside them. A last line that was
 * torn off is left out. Throws `source` that names the file, the missing columns, or the line and column of what is
 * no figure.
 */
export function readResults(text: string, file: string): SweepRow[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).replace(/^\uFEFF/, '');
  const [header, ...lines] = whole.split(/\r?\n/);
  if (header === undefined || header.trim() === '') {
    throw new SuperviseError('source', `${file} has no header line`, { hint: expectation });
  }
  const names = cellsOf(header);
  const missing = sweepColumns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new SuperviseError(
      'source',
      `${file} is not the result of a sweep: its header lacks ${shorten(missing)}`,
      { hint: expectation },
    );
  }
  return lines.flatMap((line, at) =>
    line.trim() === '' ? [] : [readRow(names, line, `${file}, line ${at + 2}`)],
  );
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, 4);
  const more = names.length - shown.length;
  return shown.join(', ') + (more === 0 ? '' : ` and ${more} more`);
}

const expectation = 'bench:quick and bench:full write such files; docs/benchmarks.md lists their columns.';

function readRow(names: readonly string[], line: string, where: string): SweepRow {
  const cells = cellsOf(line);
  if (cells.length !== names.length) {
    throw new SuperviseError(
      'source',
      `${where}: ${cells.length} fields, but the header has ${names.length}`,
    );
  }
  const row = sweepRowSchema.safeParse(Object.fromEntries(names.map((name, at) => [name, cells[at]])));
  if (row.success) return row.data;
  const [issue] = row.error.issues;
  throw new SuperviseError(
    'source',
    `${where}, column ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}

/** Cells are numbers and words, so quotes stand around a whole cell or nowhere. */
function cellsOf(line: string): string[] {
  return line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}
