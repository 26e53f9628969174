import * as z from 'zod';
import { sourceNames, sourceSections, usualSource } from '../source/source-settings.js';
import { errorLogSection } from './error-log-section.js';
import { performanceSection } from './performance-section.js';
import { skyflowSection } from './skyflow-section.js';
import { storeSchema } from './store-schema.js';

/**
 * The one definition of the configuration. From it come the TypeScript type, the validation, the JSON Schema
 * for editors, the environment variables, the flags' meaning and the table in the docs.
 *
 * Keys are snake_case, as in the file and in every message, and stay so in the code. Beside `description`, a
 * key's `meta` may say: `flag` (command-line flag; `placeholder` and `flagGroup` where the help should say more of it
 * than kind and section do), `secret` (told by its length only), `path` (made absolute),
 * `file` (a path to a file that strangers must not write; one of secrets they should not read), `today` (what a run
 * recorded never overrides it: a place where data goes, or part of a credential),
 * `allowed` (what is allowed, in words, where bounds and choices do not say it), `defaultText` (a default that
 * depends on something).
 */
export const configurationSchema = z
  .strictObject({
    $schema: z.string().optional().meta({ description: 'The JSON Schema of this file, for editors.' }),
    source: z
      .enum(sourceNames)
      .default(usualSource)
      .meta({
        description: 'Where the records come from.',
        allowed: `one of ${sourceNames.join(', ')} (csv reads Parquet files too, where it finds them)`,
        flag: '--source',
        flagGroup: 'source',
      }),
    run_dir: z.string().min(1).default('runs').meta({
      description: 'Directory in which every run gets a directory of its own: journals, error logs, summary.',
      flag: '--run-dir',
      placeholder: 'DIR',
      path: true,
      allowed: 'the path of a directory',
    }),
    web: z.boolean().default(true).meta({
      description:
        'Whether `--web` may serve the page of a run, on this machine alone and to whoever has its key; false forbids it.',
    }),
    skyflow: skyflowSection,
    ...sourceSections,
    performance: performanceSection,
    error_log: errorLogSection,
    store: storeSchema,
  })
  .meta({ title: 'Configuration of skyflow-supervise' });

/** The configuration as the schema leaves it: valid key by key, defaults filled in, not yet checked as a whole. */
export type ParsedConfiguration = z.output<typeof configurationSchema>;
