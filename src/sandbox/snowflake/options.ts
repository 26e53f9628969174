import * as z from 'zod';
import { faultsSchema } from './faults.js';

const user = z.strictObject({
  name: z.string().min(1).describe('Login name; compared without regard to case.'),
  password: z.string().min(1).optional().describe('Lets the user in with authenticator SNOWFLAKE.'),
  programmaticAccessToken: z.string().min(1).optional().describe('For PROGRAMMATIC_ACCESS_TOKEN.'),
  oauthToken: z.string().min(1).optional().describe('For OAUTH.'),
  publicKey: z
    .string()
    .min(1)
    .optional()
    .describe('The registered RSA public key (PEM, SPKI), for SNOWFLAKE_JWT.'),
});

const count = z.number().int().nonnegative();
const durationMs = z.number().int().positive();

const seed = z.strictObject({
  rows: count.default(1000).describe('Rows of each of PATIENTS, CLM and MBR.'),
  patients: count.optional().describe('Rows of PATIENTS, when not `rows`.'),
  clm: count.optional().describe('Rows of CLM, when not `rows`.'),
  mbr: count.optional().describe('Rows of MBR, when not `rows`.'),
  seed: z.number().int().nonnegative().default(1).describe('The same seed gives the same rows.'),
  typed: z
    .boolean()
    .default(false)
    .describe(
      'ID as NUMBER and birth dates as DATE; otherwise every column is VARCHAR, as the generator needs.',
    ),
  nulls: z
    .boolean()
    .default(false)
    .describe(
      'CLM and MBR hold NULLs too, as PATIENTS does: loaders that read them without a filter stop there.',
    ),
  conflictingPairs: count
    .default(0)
    .describe('PATIENTS gets this many values with a second token, and as many tokens with a second value.'),
});

const results = z.strictObject({
  inlineRows: count.default(100).describe('Rows that come with the answer itself.'),
  chunkRows: z.number().int().positive().default(50_000).describe('Rows of every further chunk, at most.'),
  lifetimeMs: durationMs
    .default(24 * 3_600_000)
    .describe('How long a result can be fetched by its query id.'),
  chunkUrlLifetimeMs: durationMs
    .default(6 * 3_600_000)
    .describe('How long a chunk URL answers anything but 403.'),
});

const sessions = z.strictObject({
  lifetimeMs: durationMs
    .default(3_600_000)
    .describe('After this the session token must be renewed (390112).'),
  masterLifetimeMs: durationMs.default(4 * 3_600_000).describe('After this a new login is needed (390114).'),
});

/** Everything that can be asked of a sandbox's Snowflake at its start; JSON, so that it can come from a file. */
export const snowflakeSandboxOptionsSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port of the account URL; 0 takes a free one.'),
  controlPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port of the control URL; 0: a free one.'),
  users: z
    .array(user)
    .min(1)
    .default([
      {
        name: 'LOADER',
        password: 'sandbox-password',
        programmaticAccessToken: 'sandbox-pat',
        oauthToken: 'sandbox-oauth',
      },
    ])
    .describe('Who may log in, and with what.'),
  accounts: z
    .array(z.string().min(1))
    .default([])
    .describe('Known accounts; none listed: any is one. An unknown one is answered with 403.'),
  warehouses: z.array(z.string().min(1)).default([]).describe('Known warehouses; none listed: any is one.'),
  seed: seed.prefault({}),
  results: results.prefault({}),
  sessions: sessions.prefault({}),
  syncWaitMs: count
    .default(45_000)
    .describe('A query that takes longer is answered with 333333 and polled; so is each poll.'),
  storage: z
    .enum(['memory', 'disk'])
    .default('memory')
    .describe('Where tables and results are kept; `disk` is a directory of its own, removed at the end.'),
  memoryLimit: z
    .string()
    .regex(/^\d+(\.\d+)?(KB|MB|GB|KiB|MiB|GiB)$/)
    .optional()
    .describe('Upper limit of the SQL engine, as in "2GB".'),
  faults: faultsSchema.prefault({}),
});

/** The options after validation, with every default filled in. */
export type SnowflakeSandboxOptions = z.output<typeof snowflakeSandboxOptionsSchema>;

/** The options as a caller writes them. */
export type SnowflakeSandboxInput = z.input<typeof snowflakeSandboxOptionsSchema>;

/** A registered user. */
export type SandboxUser = SnowflakeSandboxOptions['users'][number];
