import type { TimelineSample } from '../../timeline/timeline-sample.js';
import type { PageUpdate } from '../page-update.js';
import { Charts } from './draw-charts.js';
import { byId, offerChoices, say } from './elements.js';
import { showMachines, showNotices, showState, showVaults } from './show-state.js';

/** Of the time since the page was opened, in the fineness of the answers. */
const mostRecent = 900;
const giveUpMs = 15_000;
const longestPauseMs = 5_000;

/** Follows the run, second by second, until its end; the last state stays. Looks for the run again when it is gone. */
export async function showLivePage(): Promise<void> {
  const page = crypto.randomUUID();
  const charts = new Charts({ isReport: false });
  let generation = 0;
  let history: TimelineSample[] = [];
  const recent: TimelineSample[] = [];
  let vault = '';
  let range: 'all' | 'recent' = 'all';
  const draw = (): void => {
    const now = recent.at(-1);
    const all = now === undefined ? history : [...history, ...laterThan(history, recent)];
    charts.draw(range === 'all' ? all : recent, vault === '' ? undefined : vault);
  };
  const take = ({ state, now, history: more }: PageUpdate): void => {
    history = more.generation === generation ? history.slice(0, more.from) : [];
    generation = more.generation;
    history.push(...more.samples);
    const session = history.at(-1)?.session ?? now.session;
    recent.push({ ...now, session });
    if (recent.length > mostRecent) recent.shift();
    showState(state);
    showVaults(state.vaults);
    showMachines(state.machines);
    showNotices(state.notices);
    const names = state.vaults.map(({ name }) => name);
    const choices = [
      { value: '', label: 'All vaults' },
      ...names.map((name) => ({ value: name, label: name })),
    ];
    if (names.length > 1)
      offerChoices(byId('chosen'), choices, (value) => {
        vault = value;
        draw();
      });
    draw();
  };
  offerChoices(
    byId('range'),
    [
      { value: 'all', label: 'Whole run' },
      { value: 'recent', label: 'Since opened' },
    ],
    (value) => {
      range = value === 'recent' ? 'recent' : 'all';
      draw();
    },
  );
  let failures = 0;
  for (;;) {
    try {
      const answer = await fetch(`/updates?page=${page}&after=${generation}.${history.length}`, {
        cache: 'no-store',
        signal: AbortSignal.timeout(giveUpMs),
      });
      if (answer.status === 403) {
        showLink('This page is no longer let in: another run has its port. The last state stays.');
        return;
      }
      const update = (await answer.json()) as PageUpdate;
      failures = 0;
      showLink('');
      take(update);
      if (update.state.ended !== null) {
        document.body.dataset['state'] = 'ended';
        return;
      }
    } catch {
      failures += 1;
      showLink('The run does not answer. This is its last known state; looking for it again …');
      await new Promise((resolve) => setTimeout(resolve, Math.min(longestPauseMs, 500 * failures)));
    }
  }
}

/** What has come since the last sample of a history, whose samples are further apart. */
function laterThan(history: readonly TimelineSample[], recent: readonly TimelineSample[]): TimelineSample[] {
  const last = history.at(-1)?.at ?? '';
  return recent.filter(({ at }) => at > last);
}

function showLink(text: string): void {
  const banner = byId('link');
  banner.hidden = text === '';
  say(banner, text);
}
