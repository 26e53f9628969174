import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../docs/pages.js';

const rooms = ['src', 'child', 'supervisor', 'benchmarks'];
const filesIn = (folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
const files = filesIn(rooms);
const textOf = (file: string): string => readFileSync(join(projectFolder, file), 'utf8');

/** The files that a file imports from, types included. */
function importedBy(file: string): string[] {
  const statements = textOf(file).matchAll(/^(?:import|export) [^;]*?\bfrom '(\.[^']+)';/gms);
  return [...statements].map(([, path = '']) => normalize(join(dirname(file), path)).replace(/\.js$/, '.ts'));
}

test('no file knows itself by a circle of others, in types neither', () => {
  const isDone = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    assert.equal(at, -1, [...way.slice(at), file].join(' -> '));
    if (isDone.has(file)) return;
    for (const next of importedBy(file)) if (files.includes(next)) visit(next, [...way, file]);
    isDone.add(file);
  };
  assert.ok(files.length > 300 && importedBy('child/run-child.ts').length > 5, 'the files are found');
  for (const file of files) visit(file, []);
});

test('a file is a role or a verb that fits in 300 lines, and one of tests a behaviour that does', () => {
  const all = [...files, ...filesIn(['test'])];
  assert.ok(all.includes('test/house/structure.test.ts'), 'tests are among them');
  assert.deepEqual(
    all.filter((file) => textOf(file).split('\n').length > 301),
    [],
  );
  const vague = all.filter((file) => /(?:^|[-/])(?:utils?|helpers?|common|misc)\b/.test(file));
  assert.deepEqual(vague, []);
});

test('a name that the program exports means one thing, and a room of what all are made of is called as none of the supervisor', () => {
  const homes = new Map<string, string[]>();
  for (const file of files.filter((one) => !/^benchmarks|\/definition\.ts$/.test(one))) {
    const exported =
      /^export (?:abstract )?(?:interface|type|class|const|enum|(?:async )?function\*?) (\w+)/gm;
    for (const [, name = ''] of textOf(file).matchAll(exported))
      homes.set(name, [...new Set([...(homes.get(name) ?? []), file])]);
  }
  assert.ok(homes.size > 1000, 'the names are found');
  const double = [...homes].filter(([, where]) => where.length > 1).map((one) => one.flat().join(' '));
  assert.deepEqual(double, []);
  const roomsIn = (room: string): Set<string> =>
    new Set(files.filter((file) => file.startsWith(`${room}/`)).map((file) => file.split('/')[1] ?? ''));
  const ofSrc = roomsIn('src');
  assert.deepEqual(
    [...roomsIn('supervisor')].filter((name) => ofSrc.has(name)),
    [],
  );
});

test('the map of the code names every folder, and none that is not there, on one screen', () => {
  const [, map = ''] = /^## The rooms$(.*?)^\*\*Import rule/ms.exec(textOf('CONTRIBUTING.md')) ?? [];
  assert.ok(map.trimEnd().split('\n').length <= 50, 'it fits on a screen');
  const folders = [...new Set(files.map(dirname))].filter((folder) => !folder.startsWith('benchmarks'));
  const parts = new Map(
    map.split(/^\*\*`(?=\w+\/`\*\*)/m).map((part) => [part.slice(0, part.indexOf('/')), part]),
  );
  const unnamed = folders.filter((folder) => {
    const [room = ''] = folder.split('/');
    return !new RegExp(`(?:^|[\`/ ])${basename(folder)}/`).test(parts.get(room) ?? '');
  });
  assert.deepEqual(unnamed, []);
  const names = new Set(folders.flatMap((folder) => folder.split('/')));
  for (const [, name = ''] of map.matchAll(/`([a-z-]+)\/`/g))
    assert.ok(names.has(name) || rooms.includes(name) || ['test', 'support'].includes(name), name);
});

/** Where "load" is what is meant. */
const loadIsMeant = /^ (?:of an input|from|lock)\b/;

test('what runs are made of says "run": a load is of one table or input', () => {
  const ofRuns =
    /^supervisor\/(?:run|observers|process|cluster|lanes|view|events|metrics|timeline|page|offline)\//;
  const said = files
    .filter((file) => ofRuns.test(file))
    .flatMap((file) => {
      const nouns = textOf(file).matchAll(
        /\b(?:a|an|the|this|that|each|every|whole|one) [lL]oad\b(.{0,12})/g,
      );
      const others = [...nouns].filter(([, after = '']) => !loadIsMeant.test(after)).map(([words]) => words);
      const names =
        textOf(file).match(/\b\w*[a-z]Loads?\b|\bload(?!Engine|WithPrompts|Settings)[A-Z]\w*/g) ?? [];
      return [...others, ...names].map((words) => `${file}: ${words}`);
    });
  assert.deepEqual(said, []);
});

test('nor is it "the load" where something is done about a run, or asked of it: "a load" is what the command would do', () => {
  const aboutRuns =
    /^supervisor\/(?:history|ask|command-line|secrets|commands\/(?:resume|retry|runs|report|monitor|steer|stop|undo|verify|clear|calibrate|qualify|work|support|export|store))\//;
  const ofOne =
    /\b(?:(?:the|this|that|each|every|whole|one) load\b|a load (?:is|has|holds|at|with|without|completely|by|that has)\b).*/gi;
  const said = files
    .filter((file) => aboutRuns.test(file))
    .flatMap((file) => (textOf(file).match(ofOne) ?? []).map((words) => `${file}: ${words}`));
  assert.deepEqual(said, []);
});

test('which status of HTTP is tried again, or believed, stands in one table', () => {
  // 401, 403, 404 and 413 are also asked for by name, for what is particular to them.
  const others = /\b(?:408|409|422|425|429|499|50[234]|529)\b/;
  const strewn = files
    .filter((file) => /^(?:src\/vault|child)\//.test(file) && !file.endsWith('/http-statuses.ts'))
    .flatMap((file) => {
      const code = textOf(file).replaceAll(/\/\*.*?\*\/|\/\/.*?$|'[^'\n]*'/gms, '');
      return others.test(code) ? [file] : [];
    });
  assert.deepEqual(strewn, []);
  assert.match(textOf('src/vault/http-statuses.ts'), others);
});
