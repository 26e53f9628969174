import * as z from 'zod';
import type { Figure } from '../figures/figure.js';
import { FIGURES, type figures, type FigureName } from '../figures/figures.js';
import type { VaultSnapshot } from '../figures/snapshot.js';
import { vaultStatusSchema } from '../protocol/messages.js';

const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative();
const utcTime = z.iso.datetime();

/** The version of `summary.json` that this program writes. */
export const SUMMARY_FORMAT_VERSION = 1;

type Where = NonNullable<Figure['summary']>;
type NameIn<Place extends Where> = {
  [Name in FigureName]: (typeof figures)[Name] extends { readonly summary: Place } ? Name : never;
}[FigureName];

/** The figures that stand in a part of the summary, in their order. */
export function figuresIn<Place extends Where>(place: Place): readonly (readonly [NameIn<Place>, Figure])[] {
  return FIGURES.filter((entry): entry is readonly [NameIn<Place>, Figure] => entry[1].summary === place);
}

/** Of a vault, or of all together, what stands in a part of the summary. */
export function pickFigures<Place extends Where>(
  place: Place,
  from: VaultSnapshot,
): Pick<VaultSnapshot, NameIn<Place>> {
  return Object.fromEntries(figuresIn(place).map(([name]) => [name, from[name]])) as Pick<
    VaultSnapshot,
    NameIn<Place>
  >;
}

function fieldsOf<Place extends Where>(place: Place) {
  return Object.fromEntries(figuresIn(place).map(([name, { schema }]) => [name, schema])) as {
    [Name in NameIn<Place>]: (typeof figures)[Name]['schema'];
  };
}

/** `read = uploaded + failed + skipped`; `unsettled` stands beside it and is 0 in a complete load. */
const recordFields = {
  ...fieldsOf('totals'),
  skipped: count,
  restarts: count,
  duration_ms: milliseconds,
  /** Uploaded by this command, over `duration_ms`. */
  records_per_second: z.number().nonnegative(),
};

const errorSchema = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() });

const vaultSummarySchema = z.strictObject({
  name: z.string(),
  id: z.string(),
  table: z.string(),
  status: vaultStatusSchema,
  ...recordFields,
  error: errorSchema.optional(),
  error_log: z.string().optional(),
  /** Why records failed, the most frequent first. */
  failed_by_reason: z
    .array(
      z.strictObject({
        reason: z.string(),
        status_code: z.int(),
        records: count,
        /** What the vault said of them, in words of ours, where it is known. */
        message: z.string().optional(),
      }),
    )
    .default([]),
  /** Of answered requests, as `timing_ms` of all processes that the command started for the vault. */
  latency_ms: z.strictObject({
    count,
    average: milliseconds,
    min: milliseconds,
    max: milliseconds,
    p50: milliseconds,
    p95: milliseconds,
    p99: milliseconds,
  }),
  ...fieldsOf('vaults'),
  average_concurrency: z.number().nonnegative(),
});

/** `summary.json`: how a run ended, for programs. */
export const runSummarySchema = z.strictObject({
  format_version: z.literal(SUMMARY_FORMAT_VERSION),
  program_version: z.string(),
  run_id: z.string(),
  status: vaultStatusSchema,
  exit_code: count,
  started_at: utcTime,
  finished_at: utcTime,
  interrupted_by: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP']).optional(),
  /** Why the run is not at its end although its vaults may be: what could not be written. */
  error: errorSchema.optional(),
  totals: z.strictObject(recordFields),
  vaults: z.array(vaultSummarySchema),
  run_directory: z.string(),
  merged_error_log: z.string().optional(),
  resume_command: z.string().optional(),
  /** In its place where nothing could begin for what the configuration or a file says: a resume would fail again. */
  load_command: z.string().optional(),
  retry_command: z.string().optional(),
  /** Of a run that several machines have worked on: how much of it each has done. */
  machines: z.array(z.strictObject({ worker: z.string(), shards: count, rows: count })).optional(),
  /** What a person must know beside the figures: values were suffixed, the row-count pass was left out, … */
  remarks: z.array(z.string()),
});

export type RunSummary = z.infer<typeof runSummarySchema>;
export type VaultSummary = z.infer<typeof vaultSummarySchema>;
