import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { projectFolder } from '../docs/pages.js';

const rooms = ['src', 'child', 'supervisor'];
const sources = rooms.flatMap((room) =>
  readdirSync(join(projectFolder, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const file = join(room, name);
      const text = readFileSync(join(projectFolder, file), 'utf8');
      return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    }),
);

function nodesOf(root: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

const nameOf = (node: ts.Node | undefined): string =>
  node !== undefined && (ts.isIdentifier(node) || ts.isStringLiteral(node)) ? node.text : '';

/** What stands in for a value that is known only when the hint is made. */
const VALUE = '\uE000';

/** What names stand for in a file: what a variable is made of, or a function. */
function valuesIn(source: ts.SourceFile): Map<string, ts.Node> {
  const known = valuesOfFiles.get(source);
  if (known !== undefined) return known;
  const values = new Map<string, ts.Node>();
  for (const node of nodesOf(source)) {
    if (ts.isFunctionDeclaration(node)) values.set(nameOf(node.name), node);
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined)
      values.set(nameOf(node.name), node.initializer);
  }
  valuesOfFiles.set(source, values);
  return values;
}
const valuesOfFiles = new Map<ts.SourceFile, Map<string, ts.Node>>();

/** Where a name is exported. */
const exporters = new Map<string, ts.SourceFile[]>();
for (const source of sources) {
  const exported = source.text.matchAll(/^export (?:const|(?:async )?function) (\w+)/gm);
  for (const [, name = ''] of exported) exporters.set(name, [...(exporters.get(name) ?? []), source]);
}

/** What a function gives back; anything else is what it is. */
function returned(value: ts.Node): ts.Expression[] {
  if (ts.isArrowFunction(value) && !ts.isBlock(value.body)) return [value.body];
  if (!ts.isFunctionLike(value)) return ts.isExpression(value) ? [value] : [];
  return nodesOf(value)
    .filter((node) => ts.isReturnStatement(node))
    .flatMap(({ expression }) => (expression === undefined ? [] : [expression]));
}

/** The texts that an expression may come to; what is handed in from elsewhere is looked at there. */
function textsOf(expression: ts.Expression, from: ts.SourceFile, depth = 0): string[] {
  const all = (...parts: ts.Expression[]): string[] => parts.flatMap((one) => textsOf(one, from, depth));
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isParenthesizedExpression(expression)) return all(expression.expression);
  if (ts.isConditionalExpression(expression)) return all(expression.whenTrue, expression.whenFalse);
  if (ts.isTemplateExpression(expression)) {
    const rest = expression.templateSpans.map(({ literal }) => VALUE + literal.text);
    return [expression.head.text + rest.join('')];
  }
  if (ts.isBinaryExpression(expression)) {
    if (expression.operatorToken.kind !== ts.SyntaxKind.PlusToken)
      return all(expression.left, expression.right);
    const [left, right] = [all(expression.left), all(expression.right)];
    return left.flatMap((one) => (right.length === 0 ? [one + VALUE] : right.map((other) => one + other)));
  }
  if (depth > 2) return [];
  const named = nameOf(ts.isCallExpression(expression) ? expression.expression : expression);
  const { value, at } = [from, ...(exporters.get(named) ?? [])]
    .map((source) => ({ at: source, value: named === '' ? undefined : valuesIn(source).get(named) }))
    .find((one) => one.value !== undefined) ?? { value: undefined, at: from };
  return value === undefined ? [] : returned(value).flatMap((one) => textsOf(one, at, depth + 1));
}

const isHint = (name: ts.Node | undefined): boolean => nameOf(name) === 'hint';

/** At which place functions take a hint: those that are exported by their name, others in their file. */
const takers = new Map<string, number>();
const inFile = (source: ts.SourceFile, name: string): string => `${source.fileName} ${name}`;
for (const source of sources) {
  for (const node of nodesOf(source)) {
    if (!ts.isFunctionLike(node)) continue;
    const at = node.parameters.findIndex((parameter) => isHint(parameter.name));
    if (at < 0) continue;
    const named = ts.isConstructorDeclaration(node) || ts.isArrowFunction(node) ? node.parent : node;
    const name = nameOf((named as ts.NamedDeclaration).name);
    takers.set(named.getText().startsWith('export ') ? name : inFile(source, name), at);
  }
}

for (const source of sources) {
  for (const node of nodesOf(source)) {
    if (!ts.isClassDeclaration(node)) continue;
    const base = nameOf(node.heritageClauses?.[0]?.types[0]?.expression);
    const at = takers.get(base);
    const hasOwn = node.members.some((member) => ts.isConstructorDeclaration(member));
    if (at !== undefined && !hasOwn) takers.set(nameOf(node.name), at);
  }
}

/** Everything in the source that is given as a hint, with its file. */
const hints = sources.flatMap((source) =>
  nodesOf(source).flatMap((node) => {
    const given: (ts.Expression | undefined)[] = [];
    if (ts.isPropertyAssignment(node) && isHint(node.name)) given.push(node.initializer);
    if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && isHint(node.name))
      given.push(node.initializer);
    if (ts.isVariableDeclaration(node) && nameOf(node.name) === 'hints' && node.initializer !== undefined)
      given.push(...nodesOf(node.initializer).filter((one) => ts.isStringLiteral(one)));
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const name = nameOf(node.expression);
      const at = takers.get(inFile(source, name)) ?? takers.get(name);
      if (at !== undefined) given.push(node.arguments?.[at]);
    }
    return given
      .filter((expression) => expression !== undefined)
      .flatMap((expression) => textsOf(expression, source))
      .filter((text) => text.replaceAll(VALUE, '').trim() !== '')
      .map((text) => ({ file: source.fileName, text }));
  }),
);

/** A capital; or what is written as it is typed: a command in backquotes, a flag, a key, a quotation. */
const begins = /^(?:[A-Z0-9`"“*\uE000-]|[a-z]+[._][a-z_.]+\b)/;
/** A full stop; or, behind a colon, a command to copy, or a value. */
const ends = /(?:[.?!]|: (?:skyflow-supervise|--[a-z]|\uE000)[^.]*|\uE000)$/;

test('a hint is a sentence: it begins with a capital, unless with what is typed, and ends with a full stop or a command', () => {
  assert.ok(hints.length > 300, `the hints are found: ${hints.length}`);
  const unlike = hints.filter(({ text }) => {
    const lines = text.split('\n');
    return !begins.test(text) || !ends.test(lines.at(-1) ?? '');
  });
  const shown = unlike.map(({ file, text }) => `${file}: ${text.replaceAll(VALUE, '${…}')}`);
  assert.deepEqual([...new Set(shown)], []);
});
