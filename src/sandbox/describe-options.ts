import * as z from 'zod';
import { optionGroups } from './options.js';
import { snowflakeSandboxOptionsSchema } from './snowflake/options.js';

const optionSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});
type Option = z.infer<typeof optionSchema>;

/** An option of a sandbox, as `--option KEY=VALUE` names it. */
export interface SandboxOption {
  readonly key: string;
  /** The words it may have as JSON writes them, or a kind of value. */
  readonly values: readonly { readonly word: string; readonly isLiteral: boolean }[];
  readonly fallback: unknown;
  readonly description: string;
}

/** The options of a schema, each behind the one that holds it. */
export function sandboxOptions(schema: z.ZodType, prefix: string): SandboxOption[] {
  return [...optionsIn(optionSchema.parse(z.toJSONSchema(schema, { io: 'input' })), prefix)];
}

function* optionsIn(parent: Option, prefix: string): Generator<SandboxOption> {
  for (const [name, value] of Object.entries(parent.properties ?? {})) {
    const option = optionSchema.parse(value);
    const key = `${prefix}${name}`;
    const description = option.description ?? '';
    if (option.properties === undefined)
      yield { key, values: valuesOf(option), fallback: option.default, description };
    else {
      yield { key, values: [{ word: 'object', isLiteral: false }], fallback: undefined, description };
      yield* optionsIn(option, `${key}.`);
    }
  }
}

function valuesOf({ enum: choices, const: constant, anyOf, type }: Option): SandboxOption['values'] {
  if (anyOf !== undefined) return anyOf.flatMap((one) => valuesOf(optionSchema.parse(one)));
  if (choices !== undefined)
    return choices.map((choice) => ({
      word: typeof choice === 'string' ? choice : JSON.stringify(choice),
      isLiteral: true,
    }));
  if (constant !== undefined) return [{ word: JSON.stringify(constant), isLiteral: true }];
  return type === undefined ? [] : [{ word: type, isLiteral: false }];
}

/** The options of both sandboxes, by group, each with an example; paragraphs of one line. */
export function describeSandboxOptions(): string {
  const sections = [
    ...optionGroups.map(({ title, example, shape }) => ({
      title,
      example,
      options: sandboxOptions(z.strictObject(shape), ''),
    })),
    {
      title: 'The Snowflake',
      example: 'snowflake.seed.rows=100000',
      options: sandboxOptions(snowflakeSandboxOptionsSchema, 'snowflake.'),
    },
  ];
  return sections
    .map(({ title, example, options }) => {
      const faults = options.filter(({ key }) => isFault(key, options));
      const said = faults.length < 2 ? '' : `\n  ${chanceWords}\n`;
      const shown = options.filter((option) => faults.includes(option) || !isPartOf(option, faults));
      return [`${title} (such as --option ${example}):${said}`, ...shown.flatMap(describe), ''].join('\n');
    })
    .join('\n');
}

/** What would be said of each fault's own options. */
const chanceWords =
  'Each fault has .rate, the share of requests that it hits, 0 to 1 (default: 0), ' +
  'and .next, so many of the next requests, which it hits for certain.';

/** A fault of a terminal's list is one entry, with what it does. */
function isFault(key: string, options: readonly SandboxOption[]): boolean {
  return ['rate', 'next'].every((chance) => options.some((option) => option.key === `${key}.${chance}`));
}

/** What is said with the fault that holds it, or only holds others. */
function isPartOf({ key, values }: SandboxOption, faults: readonly SandboxOption[]): boolean {
  return (
    values.some(({ word }) => word === 'object') ||
    faults.some((fault) => key === `${fault.key}.rate` || key === `${fault.key}.next`)
  );
}

function describe({ key, values, fallback, description }: SandboxOption): string[] {
  // A fault: what may be said of it are its chances.
  if (values.some(({ word }) => word === 'object'))
    return entry(`${key}.rate=number, ${key}.next=integer`, description);
  const words = [...new Set(values.map(({ word }) => word))].join('|');
  const byDefault =
    fallback === undefined ? '' : ` (default: ${JSON.stringify(fallback).replaceAll('",', '", ')})`;
  return entry(`${key}=${words}${byDefault}`, description);
}

function entry(option: string, description: string): string[] {
  return [`  ${option}`, `      ${description.replaceAll(/\s+/g, ' ').trim()}`];
}
