import { productVersion } from '../../src/product/product.js';
import type { SummaryScreen } from '../../src/report/render-summary.js';
import type { TextStyle } from '../../src/report/text-style.js';
import { terminalAsker, type Asker } from '../ask/asker.js';
import { chooseView } from './choose-view.js';
import { terminalSize, type RunView } from './run-view.js';
import { writeDocument, writeForPeople } from './write-for-people.js';

/** How one command talks: text for people on one stream, one JSON document on stdout if that was asked for. */
export interface Presentation {
  readonly view: RunView;
  readonly style: TextStyle;
  readonly json: boolean;
  /** How much of the end of a run is shown, and how wide. */
  readonly screen: SummaryScreen;
  /** Who answers questions. */
  readonly asker: Asker;
  /** Writes text for people. */
  people(text: string): void;
  /** Writes the command's one JSON document; nothing without `--json`. */
  document(content: unknown): void;
}

/** How a command ended, as its document; gives the exit status. */
export function tellEnd(
  presentation: Pick<Presentation, 'document'>,
  status: string,
  exitCode: number,
  facts: object = {},
): number {
  presentation.document({
    format_version: 1,
    program_version: productVersion,
    status,
    exit_code: exitCode,
    ...facts,
  });
  return exitCode;
}

/** How a command is asked to talk. */
export interface TalkWishes {
  /** One JSON document on stdout, text for people on stderr. */
  readonly json: boolean;
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
}

export function present(options: TalkWishes): Presentation {
  const stream = options.json ? process.stderr : process.stdout;
  const { view, style } = chooseView({
    stream,
    quiet: options.verbosity === 'quiet',
    verbose: options.verbosity === 'verbose',
    env: process.env,
  });
  return {
    view,
    style,
    json: options.json,
    // As wide as the terminal is then.
    get screen() {
      const detail = detailOf(options.verbosity, stream.isTTY);
      if (!stream.isTTY) return { style, detail };
      return { style, columns: terminalSize(stream).columns, folder: process.cwd(), detail };
    },
    asker: terminalAsker,
    people: (text) => {
      writeForPeople(stream, text);
    },
    document: (content) => {
      if (options.json) writeDocument(content);
    },
  };
}

/** On a terminal the end of a run is one screen; what scrolls away there is kept by a log. */
function detailOf(verbosity: TalkWishes['verbosity'], isTerminal: boolean): SummaryScreen['detail'] {
  if (verbosity === 'quiet') return 'quiet';
  return isTerminal && verbosity === 'normal' ? 'brief' : 'whole';
}
