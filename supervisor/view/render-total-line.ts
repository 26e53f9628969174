import { NOTHING_YET, together } from '../../src/figures/snapshot.js';
import { formatCount, formatDuration, formatPercent } from '../../src/report/format-numbers.js';
import { cutToWidth, displayWidth } from '../../src/report/screen-text.js';
import { paint, type TextStyle } from '../../src/report/text-style.js';
import type { VaultState } from '../run/vault-state.js';

/** All vaults in one line of at most `columns`: what matters least is left out first. */
export function renderTotalLine(
  states: readonly VaultState[],
  {
    columns,
    style,
    elapsedMs,
  }: { readonly columns: number; readonly style: TextStyle; readonly elapsedMs?: number },
): string {
  const { read, failed, rows_total: rows } = together(states.map(({ snapshot = NOTHING_YET }) => snapshot));
  const perSecond = states.reduce(
    (total, { phase, snapshot }) => total + (phase === 'finished' ? 0 : (snapshot?.records_per_second ?? 0)),
    0,
  );
  const hasEnded = states.every(({ phase }) => phase === 'finished');
  const isWaiting = states.some(({ waitsFor }) => waitsFor !== undefined);
  const etaMs =
    rows !== null && perSecond > 0 && read < rows && !isWaiting
      ? ((rows - read) / perSecond) * 1000
      : undefined;
  const parts = [
    { text: rows !== null ? formatPercent(read, rows) : '', importance: 0 },
    {
      text: rows !== null ? `${formatCount(read)}/${formatCount(rows)}` : `${formatCount(read)} records`,
      importance: 3,
    },
    { text: hasEnded ? '' : `${formatCount(perSecond)} rec/s`, importance: 1 },
    { text: elapsedMs === undefined ? '' : `elapsed ${formatDuration(elapsedMs)}`, importance: 4 },
    { text: etaMs === undefined ? '' : `ETA ${formatDuration(etaMs)}`, importance: 2 },
    { text: failed === 0 ? '' : `failed ${formatCount(failed)}`, importance: 1.5 },
  ].filter(({ text }) => text !== '');
  const lineOf = (most: number): string =>
    ['  TOTAL', ...parts.filter(({ importance }) => importance <= most).map(({ text }) => text)].join('  ');
  const fitting = [4, 3, 2, 1.5, 1, 0].map(lineOf).find((line) => displayWidth(line) <= columns);
  return paint(style, 'strong', fitting ?? cutToWidth('  TOTAL', columns, ''));
}
