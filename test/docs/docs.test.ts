import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { settings } from '../../src/config/catalogue.js';
import { configurationSchema } from '../../src/config/schema.js';
import { ERROR_CODES } from '../../src/errors/supervise-error.js';
import { runSummarySchema } from '../../src/report/summary-format.js';
import { runRecordSchema } from '../../src/run-record/run-record.js';
import { termOf } from '../../supervisor/command-line/flag.js';
import { topics } from '../../supervisor/commands/help/help-topics.js';
import { program } from '../../supervisor/commands/program.js';
import { generatedParts, withPart } from './generated-parts.js';
import { projectFolder, readPage, readPages } from './pages.js';

const pages = readPages();
const { flags, offered } = program;

/** The lines of a room's code that are no comments. */
function linesOf(room: string): { readonly file: string; readonly line: string }[] {
  return readdirSync(join(projectFolder, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:ts|css)$/.test(file))
    .flatMap((file) =>
      readFileSync(join(projectFolder, room, file), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
        .map((line) => ({ file: `${room}/${file}`, line })),
    );
}

test('every link between pages leads to a file and, where it names one, to a heading', () => {
  const broken = pages.flatMap((page) =>
    page.links
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? page.name : join(dirname(page.name), file);
        if (!existsSync(join(projectFolder, target))) return true;
        return anchor !== undefined && !readPage(target).anchors.includes(anchor);
      })
      .map((link) => `${page.name}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

test('every room of the code is in the map of CONTRIBUTING.md', () => {
  const rooms = ['src', 'child', 'supervisor', 'supervisor/commands', 'src/source'].flatMap((house) =>
    readdirSync(join(projectFolder, house), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  );
  const text = readFileSync(join(projectFolder, 'CONTRIBUTING.md'), 'utf8');
  assert.deepEqual(
    rooms.filter((room) => !text.includes(`\`${room}/`) && !text.includes(`/${room} `)),
    [],
  );
});

test('every page of the docs can be found from their first page', () => {
  const { links } = readPage('docs/README.md');
  const names = pages.map(({ name }) => name).filter((name) => name.startsWith('docs/'));
  const missing = names.filter((name) => name !== 'docs/README.md' && !links.includes(name.slice(5)));
  assert.deepEqual(missing, []);
});

for (const part of generatedParts) {
  test(`the part "${part.name}" of ${part.page} is what the code says (npm run docs makes it anew)`, () => {
    const { text } = readPage(part.page);
    assert.equal(text, withPart(text, part));
  });
}

test('every offered command has a section, and every offered flag is named, in docs/commands.md', () => {
  const { text, anchors } = readPage('docs/commands.md');
  assert.deepEqual(
    offered.map(({ name }) => name).filter((name) => !anchors.includes(name)),
    [],
  );
  const shown = flags.filter(({ hidden }) => hidden !== true);
  assert.deepEqual(
    shown.map(termOf).filter((term) => !text.includes(`\`${term.replaceAll('|', '\\|')}\``)),
    [],
  );
  assert.deepEqual(
    topics.map(({ name }) => name).filter((name) => !text.includes(name)),
    [],
  );
});

test('the docs name no command and no flag that the program does not have', () => {
  const known = new Set([
    ...flags.flatMap(({ name }) => [name, name.slice(1), name.replace(/^--/, '--no-')]),
    ...['-flag', '--flag', '--no-', '-sf-', '-c'],
    // Node's and npm's own.
    ...['--disable-sigusr', '--omit'],
  ]);
  const otherPrograms =
    /^(?:[A-Z_]+=(?:\$\([^)]*\)|\S)* )*(?:npm|node|chmod|head|ls|kill|rm|ulimit|curl|docker|export|aws|vault|sops|gcloud)\b/;
  const unknown = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/`([^`\n]+)`/g)]
      .map(([, code]) => code ?? '')
      .filter((code) => !otherPrograms.test(code))
      .flatMap((code) => [...code.matchAll(/(?<![\w>-])(--?[a-z][a-z-]+)/g)].map(([, flag]) => flag ?? ''))
      .filter((flag) => !known.has(flag))
      .map((flag) => `${name}: ${flag}`),
  );
  assert.deepEqual(unknown, []);
});

test('pages and messages say what is open in plain words: "answer unknown", "not sent yet", "problem"', () => {
  const oldWords = /\b(in doubt|unsettled|to mend)\b/;
  for (const { name, text } of readPages()) {
    if (name === 'CONTRIBUTING.md') continue;
    const words = text.replaceAll(/```[^]*?```|`[^`\n]*`/g, '').replaceAll(/\s+/g, ' ');
    assert.doesNotMatch(words.replaceAll(/\(unsettled\)/g, ''), oldWords, name);
  }
  const said = ['src', 'child', 'supervisor'].flatMap(linesOf).map(({ line }) => line);
  assert.ok(said.length > 1_000);
  assert.deepEqual(
    said.filter((line) => /['"`].*\b(in doubt|to mend|unsettled \$|unsettled rows)/.test(line)),
    [],
  );
});

test('counts of rows and records go through what sets thousands separators, wherever they are said', () => {
  // The vault's and the replaced loader's own words, a number that is to be typed, what is no count; `of` is made of one.
  const asTheyAre =
    /^src\/sandbox\/|plain-view\.ts$|undo-command\.ts$|render-performance\.ts$|delete-pages\.ts$/;
  const counted =
    /\$\{(?!of\}|(?:formatCount|groupThousands|counted)\()[^{}]*\} (?:rows|records|values|tokens)\b/;
  const lines = ['src', 'child', 'supervisor', 'benchmarks'].flatMap(linesOf);
  assert.ok(lines.some(({ line }) => /\$\{formatCount\([^{}]*\)\} records\b/.test(line)));
  assert.deepEqual(
    lines.filter(({ file, line }) => !asTheyAre.test(file) && counted.test(line)),
    [],
  );
  // What the help of the benchmarks says, too.
  const told = lines.filter(
    ({ file, line }) => file.startsWith('benchmarks/') && line.includes('description:'),
  );
  assert.ok(told.length > 20);
  assert.deepEqual(
    told.filter(({ line }) => /default: [^)]*\d{4}/.test(line)),
    [],
  );
});

test('symbols are those of the one table, on screens and on pages', () => {
  // Dashes and dots that stand alone, arrows, signs, lines, blocks, braille, pictures; or their numbers.
  const symbol =
    /[·–←-⇿⌀-⏿─-➿⠀-⣿⬀-⯿]|\p{Extended_Pictographic}|\\u?\{?2[1-9a-b][0-9a-f]{2}\b|&(?:#|middot|ndash|check)/u;
  const table = 'src/report/symbols.ts';
  // The characters of Windows-1252; values as others would spell them.
  const data = ['src/source/csv/decode-text.ts', 'benchmarks/acceptance/spellings.ts'];
  const lines = ['src', 'child', 'supervisor', 'benchmarks'].flatMap(linesOf);
  const having = lines.filter(({ line }) => symbol.test(line));
  assert.ok(having.filter(({ file }) => file === table).length > 10);
  assert.deepEqual(
    having.filter(({ file }) => file !== table && !data.includes(file)),
    [],
  );
});

test('what a first-time reader meets is short, and leads from one page to the next', () => {
  const first = [
    'README.md',
    'docs/README.md',
    'docs/first-load.md',
    'docs/recipes.md',
    'docs/troubleshooting.md',
  ];
  const words = first.map((name) => readPage(name).text.split(/\s+/).length);
  assert.ok(words.reduce((sum, one) => sum + one, 0) < 5_000, words.join(' '));
  const { links } = readPage('README.md');
  for (const name of first.slice(1)) assert.ok(links.includes(name), name);
  const picture = readFileSync(join(projectFolder, 'docs/session.svg'), 'utf8');
  const [, seen = ''] = /<desc>([^<]*)/.exec(picture) ?? [];
  assert.match(
    seen,
    /\$ skyflow-supervise --all[^]*Killed[^]*resume[^]*COMPLETE[^]*verify --all[^]*all [\d,]+ records/,
  );
});

test('every key of the configuration is in docs/configuration.md', () => {
  const { text } = readPage('docs/configuration.md');
  const keys = settings.filter(({ kind }) => kind !== 'object').map(({ key }) => key);
  assert.deepEqual(
    keys.filter((key) => !text.includes(`\`${key}\``)),
    [],
  );
});

test('every error code is explained in docs/troubleshooting.md', () => {
  const { text } = readPage('docs/troubleshooting.md');
  assert.deepEqual(
    ERROR_CODES.filter((code) => !text.includes(`| \`${code}\``)),
    [],
  );
});

test('every heading of the replaced loader’s troubleshooting has its counterpart', () => {
  const { anchors } = readPage('docs/troubleshooting.md');
  const headings = [
    'failed-to-connect-to-snowflake',
    'column-not-found-csv-mode',
    'too-many-failed-batches',
    'slow-performance',
    'out-of-memory',
    'debug-tips',
  ];
  assert.deepEqual(
    headings.filter((heading) => !anchors.includes(heading)),
    [],
  );
});

test('every field of summary.json and run.json is in docs/run-directory.md', () => {
  const { text } = readPage('docs/run-directory.md');
  const fields = [runSummarySchema, runRecordSchema].flatMap((schema) => [
    ...fieldNames(z.toJSONSchema(schema, { unrepresentable: 'any' })),
  ]);
  assert.ok(fields.length > 60);
  assert.deepEqual(
    [...new Set(fields)].filter((field) => !text.includes(`\`${field}\``)),
    [],
  );
});

test('every block of configuration is valid, and every block of JSON is JSON', () => {
  const blocks = pages.flatMap(({ name, blocks: all }) =>
    all.filter(({ language }) => language === 'json').map((block) => ({ name, ...block })),
  );
  assert.ok(blocks.some(({ note }) => note === 'config'));
  for (const { name, line, note, text } of blocks) {
    const content: unknown = JSON.parse(text);
    if (note !== 'config') continue;
    const result = configurationSchema.safeParse(content);
    assert.ok(result.success, `${name}, line ${line}: ${result.error?.message ?? ''}`);
  }
});

function* fieldNames(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries<unknown>({ ...schema })) {
    if (key === 'properties' && typeof value === 'object' && value !== null) yield* Object.keys(value);
    yield* fieldNames(value);
  }
}
