import * as z from 'zod';
import { groupThousands } from '../report/format-numbers.js';
import { configurationSchema } from './schema.js';

/** One key of the configuration, with everything that messages, help and docs need to know of it. */
export interface Setting {
  /** `performance.batch_size`; inside the list of vaults `skyflow.vaults[].id`. */
  readonly key: string;
  readonly kind:
    | 'integer'
    | 'number'
    | 'boolean'
    | 'choice'
    | 'text'
    | 'number or text'
    | 'text or list'
    | 'list'
    | 'object';
  readonly choices: readonly string[];
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The default in words, or as it stands in JSON. */
  readonly defaultText: string | undefined;
  readonly optional: boolean;
  readonly description: string;
  readonly flag: string | undefined;
  /** What stands for the flag's value in the help, where the kind does not say it. */
  readonly placeholder: string | undefined;
  /** Under which heading of the help the flag stands, where the section does not say it. */
  readonly flagGroup: string | undefined;
  /** The environment variable; keys inside a list have none. */
  readonly variable: string | undefined;
  readonly secret: boolean;
  /** Whether the value is a path, resolved against the current directory. */
  readonly path: boolean;
  /** A file that strangers must not write; one of secrets they should not read either. */
  readonly file: 'secret' | 'trust' | undefined;
  /** The key of the secret that is the output of the command that the value is. */
  readonly commandFor: string | undefined;
  /** What today's configuration says is never overridden by what a run recorded; another place is asked for. */
  readonly today: 'place' | 'credential' | undefined;
}

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

/** Every key of the configuration, in the order of the schema; sections and the list of vaults are among them. */
export const settings: readonly Setting[] = [
  ...walk(z.toJSONSchema(configurationSchema, { io: 'input' }), '', false, 'SKYFLOW_'),
];

const byKey = new Map(settings.map((setting) => [setting.key, setting]));

/** The setting of a key; list indexes (`vaults[3]`) are looked up as `vaults[]`. */
export function findSetting(key: string): Setting | undefined {
  return byKey.get(key.replace(/\[\d+\]/g, '[]'));
}

/** The settings that stand for themselves: no sections, no lists, nothing inside a list. */
export const singleSettings: readonly Setting[] = settings.filter(
  ({ key, kind }) => kind !== 'object' && kind !== 'list' && !key.includes('[]') && key !== '$schema',
);
