import { statuses } from '../../src/status/statuses.js';
import { cutToWidth, displayWidth, wrapWords } from '../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle, type Tone } from '../../src/report/text-style.js';
import { layOutCells } from './line-cells.js';
import type { VaultState } from '../run/vault-state.js';
import { CELL_GROUPS, cellGroup, cellsOf } from './vault-cells.js';
import { remarksOf } from './vault-remarks.js';

export interface VaultRow {
  readonly name: string;
  readonly state: VaultState;
}

export interface LineOptions {
  readonly columns: number;
  readonly style: TextStyle;
  /** Counts redraws: turns the spinner. */
  readonly frame: number;
  /** The clock of the states' waits. */
  readonly nowMs: number;
}

const MAX_MESSAGE_LINES = 3;

/**
 * One line per vault, each at most `columns` wide, figures of the same kind under each other. Vaults at work and
 * vaults at their end are two groups with columns of their own.
 */
export function renderVaultLines(vaults: readonly VaultRow[], options: LineOptions): string[] {
  const { columns, style, nowMs } = options;
  const longest = Math.max(0, ...vaults.map(({ name }) => displayWidth(name)));
  const nameWidth = Math.min(longest, Math.max(4, Math.floor(columns / 3)));
  const room = columns - 2 - nameWidth;
  const tails = new Map<VaultRow, string>();
  for (const group of CELL_GROUPS) {
    const members = vaults.filter(({ state }) => cellGroup(state) === group);
    const cells = members.map(({ state }) => cellsOf(group, state, nowMs));
    layOutCells(cells, room, style).forEach((text, at) => {
      const member = members[at];
      if (member !== undefined) tails.set(member, text);
    });
  }
  return vaults.map((vault) => {
    const { symbol, tone } = leadOf(vault.state, options);
    const name = cutToWidth(vault.name, nameWidth, symbolsOf(style).ellipsis).padEnd(nameWidth);
    if (columns < 2 + nameWidth) return cutToWidth(`${symbol} ${vault.name}`, columns, '');
    return `${paint(style, tone, symbol)} ${paint(style, 'strong', name)}${tails.get(vault) ?? ''}`.trimEnd();
  });
}

/** What there is to say of a vault, for under its line: each remark in at most three lines of at most `columns`. */
export function renderRemarks(
  state: VaultState,
  {
    columns,
    style,
    nowMs,
    isLimitSaid = false,
  }: Omit<LineOptions, 'frame'> & { readonly isLimitSaid?: boolean },
): string[] {
  const room = columns - 4;
  if (room < 8) return [];
  const { under, ellipsis } = symbolsOf(style);
  return remarksOf(state, nowMs, isLimitSaid).flatMap(({ text, tone }) => {
    const wrapped = wrapWords(text, room);
    const lines = wrapped.slice(0, MAX_MESSAGE_LINES);
    const last = lines.at(-1) ?? '';
    if (wrapped.length > MAX_MESSAGE_LINES) {
      lines[lines.length - 1] = cutToWidth(last, room - displayWidth(ellipsis), '') + ellipsis;
    }
    return lines.map((line, at) => `  ${at === 0 ? under : ' '} ${paint(style, tone, line)}`);
  });
}

function leadOf(state: VaultState, options: LineOptions): { readonly symbol: string; readonly tone: Tone } {
  const symbols = symbolsOf(options.style);
  switch (state.phase) {
    case 'waiting':
      return { symbol: symbols.waiting, tone: 'dim' };
    case 'restarting':
      return { symbol: symbols.restart, tone: 'warn' };
    case 'checking':
    case 'loading':
    case 'draining': {
      const symbol = symbols.spinner[options.frame % symbols.spinner.length] ?? symbols.waiting;
      return { symbol, tone: state.phase === 'draining' ? 'warn' : 'accent' };
    }
    case 'finished': {
      const tone = statuses[state.status ?? 'incomplete'].tone;
      return { symbol: tone === 'good' ? symbols.good : tone === 'bad' ? symbols.bad : symbols.warn, tone };
    }
    default:
      return state.phase satisfies never;
  }
}
