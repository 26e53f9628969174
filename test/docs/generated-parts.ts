import type { z } from 'zod';
import { helpOf } from '../../benchmarks/command-line/script.js';
import { scripts } from '../../benchmarks/scripts.js';
import { describeColumns } from '../../benchmarks/sweep/result-file.js';
import { describeConfiguration } from '../../src/config/describe-configuration.js';
import { RUN_FORMATS } from '../../src/run-record/formats.js';
import { EFFECT_TABLE } from '../../src/vault/effect-table.js';
import { sandboxOptions } from '../../src/sandbox/describe-options.js';
import { vaultSandboxOptions } from '../../src/sandbox/options.js';
import { snowflakeSandboxOptionsSchema } from '../../src/sandbox/snowflake/options.js';
import { flagGroups, termOf } from '../../supervisor/command-line/flag.js';
import { meaningOf } from './meaning-of.js';
import { program } from '../../supervisor/commands/program.js';

/** A part of a page that is made from the code. It stands between `<!-- name begin … -->` and `<!-- name end -->`. */
interface GeneratedPart {
  readonly page: string;
  readonly name: string;
  readonly make: () => string;
}

/** Each has a part of docs/benchmarks.md, `flags of <name>`; both sweeps take the same. */
const benchmarkScripts = scripts.filter(({ name }) => name !== 'bench:full');

/** Every part of the docs that nobody writes by hand. */
export const generatedParts: readonly GeneratedPart[] = [
  { page: 'docs/configuration.md', name: 'configuration', make: describeConfiguration },
  { page: 'docs/commands.md', name: 'flags', make: describeFlags },
  { page: 'docs/delivery.md', name: 'effects', make: describeEffects },
  { page: 'docs/run-directory.md', name: 'formats', make: describeFormats },
  { page: 'docs/sandbox.md', name: 'options', make: () => describeOptions(vaultSandboxOptions, '') },
  {
    page: 'docs/sandbox.md',
    name: 'snowflake options',
    make: () => describeOptions(snowflakeSandboxOptionsSchema, 'snowflake.'),
  },
  { page: 'docs/benchmarks.md', name: 'columns', make: describeResultColumns },
  ...benchmarkScripts.map((script) => ({
    page: 'docs/benchmarks.md',
    name: `flags of ${script.name}`,
    make: () => `\`\`\`text\n${helpOf(script)}\`\`\`\n`,
  })),
];

/** The page with its part made anew; throws when the page has no such markers. */
export function withPart(text: string, { name, page, make }: GeneratedPart): string {
  const begin = new RegExp(`<!-- ${name} begin[^>]*-->\n`).exec(text);
  const end = text.indexOf(`<!-- ${name} end -->`);
  if (begin === null || end < begin.index) throw new Error(`${page} has no markers of the part ${name}`);
  const body = `<!-- prettier-ignore-start -->\n\n${make()}\n<!-- prettier-ignore-end -->\n`;
  return `${text.slice(0, begin.index + begin[0].length)}\n${body}\n${text.slice(end)}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${cell(text)}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function describeFormats(): string {
  return table(
    ['Format', 'Today', 'Written by an earlier version', 'Written by a later version'],
    RUN_FORMATS.map(({ name, today, earlier, later }) => [name, today, earlier, later].map(cell)),
  );
}

function describeEffects(): string {
  const words = { none: 'none', unknown: '**unknown**', per_record: 'record by record' };
  const rows = EFFECT_TABLE.map(({ seen, effect, because }) => [seen, words[effect], because].map(cell));
  return table(['What was seen', 'Effect', 'Because'], rows);
}

function describeResultColumns(): string {
  const rows = describeColumns().map(([name, meaning]) => [code(name), cell(meaning)]);
  return table(['Column', 'Meaning'], rows);
}

function describeFlags(): string {
  const { flags } = program;
  const groups = [...new Set(flags.map(({ group }) => group))];
  return groups
    .map((group) => {
      const rows = flags
        .filter((flag) => flag.group === group && flag.hidden !== true)
        .map((flag) => {
          const meaning = `${meaningOf(flag)}${flag.secret === true ? ' Secret.' : ''}`;
          return [code(termOf(flag)), program.takersOf(flag).join(', '), cell(escapeAngles(meaning))];
        });
      return `### ${flagGroups[group]}\n\n${table(['Flag', 'Commands', 'Meaning'], rows)}`;
    })
    .join('\n');
}

/** `<name>` in running text would be taken for HTML. */
const escapeAngles = (text: string): string => text.replaceAll('<', '&lt;');

function describeOptions(schema: z.ZodType, prefix: string): string {
  const rows = sandboxOptions(schema, prefix).map(({ key, values, fallback, description }) => [
    code(key),
    values.map(({ word, isLiteral }) => (isLiteral ? code(word) : cell(word))).join(', '),
    fallback === undefined ? '' : code(JSON.stringify(fallback)),
    cell(description),
  ]);
  return table(['Option', 'Values', 'Default', 'Meaning'], rows);
}
