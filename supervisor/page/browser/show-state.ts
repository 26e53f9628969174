import { formatCount, formatDuration, formatPercent } from '../../../src/report/format-numbers.js';
import { unicodeSymbols as symbols } from '../../../src/report/symbols.js';
import type { PageRow, PageState } from '../page-update.js';
import { byId, make, say, theOne, within } from './elements.js';

/** Head and figures of all vaults together. */
export function showState({ run_id: runId, began_at: began, ended, total }: PageState): void {
  say(byId('run'), runId);
  const state = byId('state');
  state.dataset['tone'] = ended?.tone ?? 'accent';
  say(state, ended === null ? 'running' : 'ended');
  const percent = total.rows_total === null ? symbols.none : formatPercent(total.read, total.rows_total);
  document.title =
    ended === null ? `${percent} ${symbols.dot} skyflow-supervise` : `ended ${symbols.dot} skyflow-supervise`;
  const elapsedMs = Date.parse(ended?.at ?? new Date().toISOString()) - Date.parse(began);
  say(byId('percent'), percent);
  const of = total.rows_total === null ? '' : ` of ${formatCount(total.rows_total)}`;
  const eta = total.eta_ms === null || ended !== null ? '' : `, about ${formatDuration(total.eta_ms)} left`;
  say(byId('progress-text'), `${formatCount(total.read)}${of} rows in ${formatDuration(elapsedMs)}${eta}`);
  const bar = theOne(byId('progress'), HTMLProgressElement);
  if (total.rows_total === null) bar.removeAttribute('value');
  else bar.value = total.rows_total === 0 ? 1 : total.read / total.rows_total;
  showTiles(total, ended !== null);
  const next = byId('next');
  next.hidden = ended === null;
  if (ended !== null && next.childElementCount === 0) {
    next.dataset['tone'] = ended.tone;
    next.append(make('strong', { text: ended.text }));
    if (ended.next !== undefined)
      next.append(make('span', { text: `${ended.next.label} ` }), make('code', { text: ended.next.command }));
  }
  tell(ended?.text ?? `${tens(total)}%, ${total.word}`);
}

/** Read out when it changes: how far it is in tens of percent, who works, how it ended. */
function tell(text: string): void {
  say(byId('said'), text);
}

function tens({ read, rows_total: rows }: PageRow): number {
  return rows === null || rows === 0 ? 0 : Math.floor((read / rows) * 10) * 10;
}

function showTiles(total: PageRow, hasEnded: boolean): void {
  const tiles: readonly [label: string, text: string, tone: string][] = [
    ['Uploaded', formatCount(total.uploaded), 'good'],
    ['Failed', formatCount(total.failed), total.failed > 0 ? 'bad' : 'dim'],
    ['Skipped', formatCount(total.skipped), 'dim'],
    ['Not sent yet', formatCount(total.not_sent), total.not_sent > 0 && hasEnded ? 'warn' : 'dim'],
    ['Answer unknown', formatCount(total.answer_unknown), total.answer_unknown > 0 ? 'warn' : 'dim'],
    ['Records per second', hasEnded ? symbols.none : formatCount(total.records_per_second), 'accent'],
  ];
  const list = byId('tiles');
  if (list.childElementCount === 0)
    list.append(...tiles.map(([label]) => make('div', {}, make('dt', { text: label }), make('dd'))));
  tiles.forEach(([, text, tone], at) => {
    const value = within(list.children.item(at) ?? list, 'dd');
    value.dataset['tone'] = tone;
    say(value, text);
  });
}

/** A card for each vault, made once and filled again and again, so that nothing jumps. */
export function showVaults(vaults: readonly PageRow[]): void {
  const place = byId('vaults');
  vaults.forEach((vault, at) => {
    let card = place.children.item(at);
    if (!(card instanceof HTMLElement)) {
      card = newCard();
      place.append(card);
    }
    if (card instanceof HTMLElement) fillCard(card, vault);
  });
}

function newCard(): HTMLElement {
  const bar = document.createElement('progress');
  bar.max = 1;
  const figures = make('dl', { className: 'figures' });
  return make(
    'article',
    { className: 'vault' },
    make(
      'header',
      {},
      make('h3'),
      make('span', { className: 'pill' }),
      make('span', { className: 'percent' }),
    ),
    bar,
    make('p', { className: 'rows soft' }),
    figures,
    make('ul', { className: 'remarks' }),
  );
}

function fillCard(card: HTMLElement, vault: PageRow): void {
  const { name, word, tone, rows_total: rows, read } = vault;
  say(within(card, 'h3'), name);
  const pill = within(card, '.pill');
  pill.dataset['tone'] = tone;
  say(pill, word);
  say(within(card, '.percent'), rows === null ? '' : formatPercent(read, rows));
  const bar = theOne(within(card, 'progress'), HTMLProgressElement);
  bar.setAttribute('aria-label', `${name}, ${word}`);
  if (rows === null && vault.isAtWork) bar.removeAttribute('value');
  else bar.value = rows === null ? 0 : rows === 0 ? 1 : read / rows;
  say(within(card, '.rows'), rowsOf(vault));
  const figures = figuresOf(vault);
  const list = within(card, 'dl');
  list.replaceChildren(
    ...figures.map(([label, text, mood = '']) =>
      make('div', {}, make('dt', { text: label }), make('dd', { text, data: { tone: mood } })),
    ),
  );
  const remarks = within(card, 'ul');
  const said = vault.remarks.map(({ text }) => text);
  if ([...remarks.children].map(({ textContent }) => textContent).join('\n') !== said.join('\n'))
    remarks.replaceChildren(
      ...vault.remarks.map((remark) => make('li', { text: remark.text, data: { tone: remark.tone } })),
    );
}

function figuresOf(vault: PageRow): readonly [label: string, text: string, tone?: string][] {
  const { p50_ms: half, p95_ms: most } = vault;
  return [
    ['Failed', formatCount(vault.failed), vault.failed > 0 ? 'bad' : ''],
    ['Records/s', formatCount(vault.records_per_second)],
    ['In flight', formatCount(vault.in_flight)],
    [
      'p50 / p95',
      half === null || most === null ? symbols.none : `${formatCount(half)} / ${formatCount(most)} ms`,
    ],
    ['Refusals', formatCount(vault.refused), vault.refused > 0 ? 'warn' : ''],
    ['Restarts', formatCount(vault.restarts), vault.restarts > 0 ? 'warn' : ''],
  ];
}

function rowsOf({ rows_total: rows, read, eta_ms: etaMs }: PageRow): string {
  const of = rows === null ? '' : ` of ${formatCount(rows)}`;
  return `${formatCount(read)}${of} rows${etaMs === null ? '' : `, about ${formatDuration(etaMs)} left`}`;
}

/** Who works on a run that several machines share. */
export function showMachines(machines: PageState['machines']): void {
  byId('machines').replaceChildren(...machines.map((text) => make('li', { text })));
}

const marksOfNotices: Readonly<Record<string, Record<string, string>>> = {
  warn: { tone: 'warn', sign: symbols.warn },
  error: { tone: 'bad', sign: symbols.bad },
};

/** What the run has said, the newest first. */
export function showNotices(notices: PageState['notices']): void {
  const list = byId('notices');
  byId('no-notices').hidden = notices.length > 0;
  const newest = notices.at(-1);
  if (newest === undefined || list.dataset['newest'] === newest.at + newest.text) return;
  list.dataset['newest'] = newest.at + newest.text;
  list.replaceChildren(
    ...notices.toReversed().map(({ at, level, text }) => {
      const time = make('time', { text: new Date(at).toLocaleTimeString('en-GB') });
      time.dateTime = at;
      return make('li', { data: marksOfNotices[level] ?? { tone: level } }, time, make('span', { text }));
    }),
  );
}
