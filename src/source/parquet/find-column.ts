import type { SchemaElement, SchemaTree } from 'hyparquet';
import { describeNames, isAlike } from '../files/column-names.js';
import { errorIn } from '../files/file-errors.js';
import { formOf, usualForms, type TextForms } from '../files/text-forms.js';
import { columnTypeOf, toTextOf, type ColumnType, type ToText } from './to-text.js';

/** A column of texts, or of what becomes texts. */
export interface LeafColumn {
  readonly name: string;
  /** As row groups name it: each field that leads to it. */
  readonly path: readonly string[];
  readonly element: SchemaElement;
  /** How many fields that lead to it may be absent. */
  readonly maxDefinition: number;
  readonly toText: ToText | undefined;
}

/** A column that holds something itself, by its name. */
export interface NamedColumn {
  readonly name: string;
  readonly type: ColumnType['kind'];
}

/** The columns of a file, those inside of others by their whole names. */
export function columnsIn(schema: SchemaTree): NamedColumn[] {
  const leaves = nodesOf(schema).filter(({ children }) => children.length === 0);
  return leaves.map((node) => ({ name: nameOf(node), type: columnTypeOf(node.element).kind }));
}

/** The column of a name, `address.city` inside of others, or why there is none that can be read. */
export function findColumn(path: string, schema: SchemaTree, name: string, chosen: TextForms): LeafColumn {
  const found = nodesOf(schema).filter((node) => node.path.join('.') === name);
  const [leaf, other] = found;
  if (leaf === undefined) throw missing(path, schema, name);
  if (other !== undefined)
    throw errorIn(path, `has two columns that are named "${name}"`, 'Write it anew with names of their own.');
  const trail = trailOf(schema, leaf);
  const isRepeated = trail.some(({ element }) => element.repetition_type === 'REPEATED');
  const { element, children } = leaf;
  if (isRepeated || children.some((child) => child.element.repetition_type === 'REPEATED')) {
    throw errorIn(
      path,
      `has the column "${name}" as a list or a map, which holds several values in a row`,
      'Write it anew with one value in a row, such as with unnest.',
    );
  }
  if (children.length > 0) {
    const inside = nodesOf(leaf).filter((node) => node.children.length === 0);
    throw errorIn(
      path,
      `has the column "${name}" as a group of ${inside.length}, with names ${describeNames(inside.map(nameOf))}`,
      `Name one of them, as "${name}.NAME". ${listing(path)}`,
    );
  }
  const maxDefinition = trail.filter((node) => node.element.repetition_type !== 'REQUIRED').length;
  return { name, path: leaf.path, element, maxDefinition, toText: textOf(path, name, element, chosen) };
}

function textOf(path: string, name: string, element: SchemaElement, chosen: TextForms): ToText | undefined {
  const type = columnTypeOf(element);
  if (type.kind === 'text') return undefined;
  const asText = 'or write the column as text: docs/parquet.md.';
  if (type.kind === 'other') {
    throw errorIn(
      path,
      `has the column "${name}" as ${type.name}, which has no text of its own`,
      'Write the column as text, such as with CAST(… AS VARCHAR): docs/parquet.md.',
    );
  }
  const form = formOf(type.kind, chosen);
  if (form !== undefined) return toTextOf(element, type.kind, form);
  throw errorIn(
    path,
    `has the column "${name}" as ${described[type.kind]}, and a vault takes text: how it is written has to be chosen`,
    `parquet.text chooses it, such as ["${usualForms[type.kind]}"]; ${asText}`,
  );
}

const described = {
  integer: 'whole numbers',
  decimal: 'decimal numbers',
  float: 'floating-point numbers',
  boolean: 'true or false',
  date: 'dates',
  time: 'times',
  timestamp: 'timestamps',
  uuid: 'UUIDs',
  binary: 'bytes that are not said to be text',
} as const;

function missing(path: string, schema: SchemaTree, name: string): Error {
  const names = columnsIn(schema).map((column) => column.name);
  const counted = `${names.length} column${names.length === 1 ? '' : 's'}`;
  return errorIn(
    path,
    `has no column "${name}"; it has ${counted}, with names ${describeNames(names)}`,
    names.some((one) => isAlike(one, name))
      ? `One of them is "${name}" but for capitals, blanks or punctuation, and names must be the same to the letter. ${listing(path)}`
      : `A vault names its columns in its own settings (docs/parquet.md). ${listing(path)}`,
  );
}

/** What a person lists them with. */
function listing(path: string): string {
  return `DuckDB lists them: DESCRIBE SELECT * FROM '${path.replaceAll("'", "''")}';`;
}

const nameOf = (node: SchemaTree): string => node.path.join('.');

function nodesOf(tree: SchemaTree): SchemaTree[] {
  return tree.children.flatMap((child) => [child, ...nodesOf(child)]);
}

/** The fields that lead to one, itself last. */
function trailOf(schema: SchemaTree, leaf: SchemaTree): SchemaTree[] {
  const trail: SchemaTree[] = [];
  let node: SchemaTree | undefined = schema;
  for (const part of leaf.path) {
    node = node?.children.find((child) => child.element.name === part);
    if (node !== undefined) trail.push(node);
  }
  return trail;
}
