import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** The folders that may import a library; what stands nowhere here is for reading sources, whose kinds bring their own. */
const roomsOf = {
  zod: ['src', 'child', 'supervisor', 'benchmarks'],
  '@duckdb/node-api': ['src/sandbox/snowflake', 'benchmarks'],
  'age-encryption': ['src/privacy'],
  asn1js: ['src/sandbox'],
  bullmq: ['supervisor/cluster'],
  'chart.js': ['supervisor/page/browser', 'benchmarks'],
  commander: ['supervisor/command-line', 'supervisor/commands/help'],
  conf: ['src/config'],
  execa: ['supervisor', 'benchmarks'],
  '@inquirer': ['supervisor/ask'],
  jose: ['src/vault'],
  'jsonc-parser': ['src/config'],
  listr2: ['supervisor/view'],
  'p-retry': ['src/back-off'],
  pg: ['src/store/postgres'],
  pkijs: ['src/sandbox'],
  pino: ['supervisor/observers'],
  'prom-client': ['supervisor/metrics'],
  undici: ['src/vault', 'benchmarks'],
};
const roomOfSources = ['src/source'];

/** What a folder may import of the program's own: nobody imports the processes but themselves. */
const may = {
  src: ['src'],
  child: ['src', 'child'],
  supervisor: ['src', 'supervisor'],
  // The gate alone is held against simulated vaults.
  benchmarks: ['src', 'benchmarks', 'child/pace'],
};

const sources = join(import.meta.dirname, 'src/source');
const foldersWith = (ending) =>
  readdirSync(sources).filter((name) => existsSync(join(sources, name, `${name}-${ending}.ts`)));

/** Every kind of source, as it is named in settings and jobs: a folder with settings of its own. */
export const kindsOfSource = foldersWith('settings').map((name) => name.replaceAll('-', '_'));

/** Makes data for one kind of source, or measures it. */
const ofOneKind = ['supervisor/commands/generate', 'supervisor/commands/demo', 'benchmarks'];
/** Folders whose files only the folders, and files, named second may know. */
const hidden = [
  ['src/journal/file', ['src/journal']],
  // The engine that hands out shards works on the same database; what a load over it costs is read there.
  ['src/store/postgres', ['src/store', 'supervisor/cluster/shard-queue.ts', 'benchmarks/lanes']],
  ...foldersWith('kind').map((name) => [`src/source/${name}`, ['src/source', ...ofOneKind]]),
];

const isIn = (room) => (path) => path === room || path.startsWith(`${room}/`);

function faultOf(from, specifier) {
  if (specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) {
    const library = Object.keys(roomsOf).find(
      (name) => specifier === name || specifier.startsWith(`${name}/`),
    );
    const rooms = library === undefined ? roomOfSources : roomsOf[library];
    return rooms.some((room) => isIn(room)(from)) ? undefined : `belongs to ${rooms.join(', ')}`;
  }
  const to = relative(import.meta.dirname, resolve(import.meta.dirname, dirname(from), specifier));
  const [home] = from.split('/');
  if (!to.includes('/') || to.startsWith('..') || !(home in may)) return undefined;
  if (!may[home].some((folder) => isIn(folder)(to))) return `${home} imports ${may[home].join(' and ')} only`;
  const room = hidden.find(
    ([folder, owners]) => isIn(folder)(to) && !owners.some((owner) => isIn(owner)(from)),
  );
  return room === undefined ? undefined : `${room[0]} is known in ${room[1].join(', ')} only`;
}

/** Whoever imports, also while the program runs, keeps to its rooms. */
export const rooms = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const from = relative(import.meta.dirname, context.filename);
    const look = ({ source }) => {
      if (source?.type !== 'Literal') return;
      const fault = faultOf(from, source.value);
      if (fault !== undefined) context.report({ node: source, message: `${source.value}: ${fault}` });
    };
    return {
      ImportDeclaration: look,
      ImportExpression: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
    };
  },
};
