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

/** The options of both sandboxes for a terminal of 80 columns, by group, each with an example. */
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
      const shown = options.filter(({ values }) => values.every(({ word }) => word !== 'object'));
      return [`${title} (such as --option ${example}):`, ...shown.flatMap(describe), ''].join('\n');
    })
    .join('\n');
}

function describe({ key, values, fallback, description }: SandboxOption): string[] {
  const words = [...new Set(values.map(({ word }) => word))].join('|');
  const byDefault =
    fallback === undefined ? '' : ` (default: ${JSON.stringify(fallback).replaceAll('",', '", ')})`;
  return [...wrapped(`${key}=${words}${byDefault}`, '  '), ...wrapped(description, '      ')];
}

const widthColumns = 80;

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    const longer = `${last ?? ''} ${word}`;
    if (last !== undefined && longer.length <= widthColumns) lines[lines.length - 1] = longer;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}
