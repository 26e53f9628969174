import { NOTHING_YET, together } from '../../src/figures/snapshot.js';
import { formatCount, formatDuration, formatPercent } from '../../src/report/format-numbers.js';
import { cutToWidth, displayWidth } from '../../src/report/screen-text.js';
import { paint } from '../../src/report/text-style.js';
import type { VaultState } from '../run/vault-state.js';
import type { LineOptions } from './render-vault-line.js';
import { timeLeftMs } from './time-left.js';

/**
 * All vaults in one line of at most `columns`: what matters least is left out first. Of a single one, whose figures stand above,
 * how long it has been at work.
 */
export function renderTotalLine(
  states: readonly VaultState[],
  {
    columns,
    style,
    nowMs,
    elapsedMs,
  }: Pick<LineOptions, 'columns' | 'style' | 'nowMs'> & { readonly elapsedMs?: number },
): string {
  const elapsed = elapsedMs === undefined ? '' : `elapsed ${formatDuration(elapsedMs)}`;
  if (states.length === 1) return paint(style, 'dim', cutToWidth(`  ${elapsed}`, columns, ''));
  const { read, failed, rows_total: rows } = together(states.map(({ snapshot = NOTHING_YET }) => snapshot));
  const perSecond = states.reduce(
    (total, { phase, snapshot }) => total + (phase === 'finished' ? 0 : (snapshot?.records_per_second ?? 0)),
    0,
  );
  const hasEnded = states.every(({ phase }) => phase === 'finished');
  const leftMs = timeLeftMs(states, nowMs);
  const parts = [
    { text: rows !== null ? formatPercent(read, rows) : '', importance: 0 },
    {
      text: rows !== null ? `${formatCount(read)}/${formatCount(rows)}` : `${formatCount(read)} records`,
      importance: 3,
    },
    { text: hasEnded ? '' : `${formatCount(perSecond)} rec/s`, importance: 1 },
    { text: elapsed, importance: 4 },
    { text: leftMs === undefined || hasEnded ? '' : `ETA ${formatDuration(leftMs)}`, importance: 2 },
    { text: failed === 0 ? '' : `failed ${formatCount(failed)}`, importance: 1.5 },
  ].filter(({ text }) => text !== '');
  const lineOf = (most: number): string =>
    ['  TOTAL', ...parts.filter(({ importance }) => importance <= most).map(({ text }) => text)].join('  ');
  const fitting = [4, 3, 2, 1.5, 1, 0].map(lineOf).find((line) => displayWidth(line) <= columns);
  return paint(style, 'strong', fitting ?? cutToWidth('  TOTAL', columns, ''));
}
