import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project, as seen from the compiled tests. */
export const projectFolder = fileURLToPath(new URL('../../../', import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** The first word after the fence. */
  readonly language: string;
  /** What follows it: `exit=3`, `no-run: why`, `config`. */
  readonly note: string;
  readonly text: string;
  /** The line of the fence, from 1. */
  readonly line: number;
}

/** A page for people, as it stands in the project. */
export interface Page {
  /** Relative to the project: `docs/csv.md`. */
  readonly name: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Where its links lead, without images. */
  readonly links: readonly string[];
  /** What a link to one of its headings says after the `#`. */
  readonly anchors: readonly string[];
}

/** README, CHANGELOG, CONTRIBUTING and everything in docs. */
export function readPages(): Page[] {
  const docs = readdirSync(join(projectFolder, 'docs')).filter((name) => name.endsWith('.md'));
  const files = [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    ...docs.sort().map((name) => `docs/${name}`),
  ];
  return files.map((name) => parsePage(name, readFileSync(join(projectFolder, name), 'utf8')));
}

/** A page of the project by its name. */
export function readPage(name: string): Page {
  const file = join(projectFolder, name);
  return parsePage(relative(projectFolder, file), readFileSync(file, 'utf8'));
}

function parsePage(name: string, text: string): Page {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { language: string; note: string; line: number; lines: string[] } | undefined;
  for (const [at, line] of text.split('\n').entries()) {
    const fence = /^```(\S*) ?(.*)$/.exec(line);
    if (fence === null) (open?.lines ?? prose).push(line);
    else if (open === undefined) {
      open = { language: fence[1] ?? '', note: fence[2] ?? '', line: at + 1, lines: [] };
    } else {
      blocks.push({ ...open, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  const outside = prose.join('\n').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
  return {
    name,
    text,
    blocks,
    links: [...outside.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? ''),
    anchors: prose.filter((line) => /^#{1,6} /.test(line)).map(anchorOf),
  };
}

/** As GitHub makes it: lower case, blanks as dashes, no punctuation. */
function anchorOf(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
