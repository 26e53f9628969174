import * as z from 'zod';
import { ERROR_CODES } from '../../src/errors/supervise-error.js';

/** From the process at the terminal to the one that goes on without it. */
export const toDetachedSchema = z.discriminatedUnion('type', [
  /** The first message. Command line and environment may hold secrets: they travel here and nowhere else. */
  z.strictObject({
    type: z.literal('begin'),
    version: z.string(),
    argv: z.array(z.string()),
    environment: z.record(z.string(), z.string()),
    pidFile: z.string(),
    /** Whether a person is there to be asked. */
    canAsk: z.boolean(),
  }),
  /** To `ask`; without text: an empty answer, or a declined question. */
  z.strictObject({ type: z.literal('answer'), text: z.string().optional(), declined: z.boolean() }),
  /** To `started`: it is known and will be told, go on alone. */
  z.strictObject({ type: z.literal('go') }),
]);
export type ToDetached = z.infer<typeof toDetachedSchema>;

const problemSchema = z.object({
  key: z.string(),
  found: z.string(),
  allowed: z.string(),
  suggestion: z.string().optional(),
  where: z.string().optional(),
});

/** From the process that goes on to the one at the terminal; the last one is `started`, `ended` or `failed`. */
export const fromDetachedSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ask'), kind: z.enum(['secret', 'text']), question: z.string() }),
  z.strictObject({
    type: z.literal('notice'),
    level: z.enum(['info', 'warn', 'error']),
    text: z.string(),
    vault: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('people'), text: z.string() }),
  z.strictObject({ type: z.literal('document'), content: z.unknown() }),
  /** The run has its directory, its lock and its record; nothing has been sent. */
  z.strictObject({ type: z.literal('started'), runId: z.string(), runDirectory: z.string() }),
  /** There was nothing to do. */
  z.strictObject({ type: z.literal('ended'), exitCode: z.int() }),
  /** The terminal's process ends with this exit status as well. */
  z.strictObject({
    type: z.literal('failed'),
    exitStatus: z.int(),
    code: z.enum(ERROR_CODES),
    message: z.string(),
    hint: z.string().optional(),
    problems: z.array(problemSchema).optional(),
  }),
]);
export type FromDetached = z.infer<typeof fromDetachedSchema>;
