import { detectTextStyle, type TextStyle } from '../../src/report/text-style.js';
import { PlainView } from './plain-view.js';
import { QuietView } from './quiet-view.js';
import type { RunView, TextStream } from './run-view.js';
import { TreeView } from './tree-view.js';

export type ViewKind = 'tree' | 'plain' | 'quiet';

export interface ViewChoice {
  /** Where people's text goes: stdout, or stderr with `--json`. */
  readonly stream: TextStream & { readonly isTTY?: boolean | undefined };
  readonly quiet: boolean;
  /** Lines that stay instead of a tree that moves. */
  readonly verbose: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Which view fits: a tree needs a terminal that can move its cursor and a person in front of it. */
export function viewKind({ stream, quiet, verbose, env }: ViewChoice): ViewKind {
  if (quiet) return 'quiet';
  const isContinuousIntegration = !['', '0', 'false', undefined].includes(env['CI']?.toLowerCase());
  const canMoveCursor = stream.isTTY === true && env['TERM'] !== 'dumb';
  return canMoveCursor && !isContinuousIntegration && !verbose ? 'tree' : 'plain';
}

/** The view that fits, and the style in which the summary goes to the same stream. */
export function chooseView(choice: ViewChoice): { readonly view: RunView; readonly style: TextStyle } {
  const { stream, env } = choice;
  const style = detectTextStyle({ env, isTerminal: stream.isTTY === true });
  const kind = viewKind(choice);
  switch (kind) {
    case 'tree':
      return { view: new TreeView({ stream, style }), style };
    case 'plain':
      return { view: new PlainView({ stream, style }), style };
    case 'quiet':
      return { view: new QuietView({ stream, style }), style };
    default:
      return kind satisfies never;
  }
}
