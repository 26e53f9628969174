import * as z from 'zod';
import { groupThousands } from '../report/format-numbers.js';
import type { Setting } from './setting.js';
import { configurationSchema } from './schema.js';

const nodeSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  minLength: z.number().optional(),
  default: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  description: z.string().optional(),
  flag: z.string().optional(),
  placeholder: z.string().optional(),
  flagGroup: z.string().optional(),
  variables: z.string().optional(),
  secret: z.boolean().optional(),
  path: z.boolean().optional(),
  commandFor: z.string().optional(),
  file: z.enum(['secret', 'trust']).optional(),
  today: z.enum(['place', 'credential']).optional(),
  allowed: z.string().optional(),
  defaultText: z.string().optional(),
});
type Node = z.infer<typeof nodeSchema>;

/**
 * The environment variable of a key: `SKYFLOW_<SECTION>_<KEY>`, where the section does not say what its `variables` begin
 * with; top-level keys are `SKYFLOW_<KEY>`.
 */
function variableOf(key: string, kind: Setting['kind'], prefix: string): string | undefined {
  if (key.includes('[]') || kind === 'list' || kind === 'object' || key === '$schema') return undefined;
  if (key === 'store.url') return 'SKYFLOW_STORE';
  return `${prefix}${key.slice(key.indexOf('.') + 1).toUpperCase()}`;
}

function kindOf(node: Node): Setting['kind'] {
  if (node.enum !== undefined) return 'choice';
  if (node.anyOf?.some((one) => nodeSchema.safeParse(one).data?.type === 'array') === true)
    return 'text or list';
  if (node.anyOf !== undefined) return 'number or text';
  switch (node.type) {
    case 'integer':
    case 'number':
    case 'boolean':
    case 'object':
      return node.type;
    case 'array':
      return 'list';
    default:
      return 'text';
  }
}

function allowedOf(node: Node, kind: Setting['kind']): string {
  if (node.allowed !== undefined) return node.allowed;
  if (kind === 'choice') return `one of ${(node.enum ?? []).join(', ')}`;
  if (kind === 'boolean') return 'true or false';
  if (kind === 'object') return 'an object: { … }';
  if (kind === 'integer' || kind === 'number') {
    const what = kind === 'integer' ? 'a whole number' : 'a number';
    const from =
      node.exclusiveMinimum === undefined
        ? ` from ${groupThousands(node.minimum ?? 0)}`
        : ` above ${groupThousands(node.exclusiveMinimum)}`;
    const maximum = node.maximum ?? Number.MAX_SAFE_INTEGER;
    return `${what}${from}${maximum < Number.MAX_SAFE_INTEGER ? ` to ${groupThousands(maximum)}` : ''}`;
  }
  return (node.minLength ?? 0) > 0 ? 'a text that is not empty' : 'a text';
}

function defaultTextOf(node: Node, kind: Setting['kind']): string | undefined {
  if (node.defaultText !== undefined) return node.defaultText;
  if (node.default === undefined || kind === 'object' || kind === 'list') return undefined;
  return JSON.stringify(node.default);
}

function todayOf({ secret, file, commandFor }: Node): Setting['today'] {
  if (file === 'trust') return 'place';
  return secret === true || file === 'secret' || commandFor !== undefined ? 'credential' : undefined;
}

function* walk(value: unknown, key: string, optional: boolean, prefix: string): Generator<Setting> {
  const node = nodeSchema.parse(value, { jitless: true });
  const kind = kindOf(node);
  if (key !== '') {
    yield Object.freeze({
      key,
      kind,
      choices: node.enum ?? [],
      allowed: allowedOf(node, kind),
      defaultText: defaultTextOf(node, kind),
      optional,
      description: node.description ?? '',
      flag: node.flag,
      placeholder: node.placeholder,
      flagGroup: node.flagGroup,
      variable: variableOf(key, kind, prefix),
      secret: node.secret ?? false,
      path: node.path ?? false,
      commandFor:
        node.commandFor === undefined ? undefined : `${key.slice(0, key.indexOf('.'))}.${node.commandFor}`,
      file: node.file,
      today: node.today ?? todayOf(node),
    });
  }
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const own = key === '' ? 'SKYFLOW_' : (node.variables ?? `SKYFLOW_${key.toUpperCase()}_`);
    yield* walk(child, key === '' ? name : `${key}.${name}`, node.required?.includes(name) !== true, own);
  }
  if (node.items !== undefined) {
    for (const setting of walk(node.items, `${key}[]`, true, prefix)) {
      if (setting.key !== `${key}[]`) yield setting;
    }
  }
}

/** Reads the settings off the schema, in its order. The build asks it: a bundle holds the answer (`esbuild.config.js`). */
export function readCatalogue(): Setting[] {
  return [...walk(z.toJSONSchema(configurationSchema, { io: 'input' }), '', false, 'SKYFLOW_')];
}
