import { Chart, Filler, LinearScale, LineController, LineElement, PointElement, Tooltip } from 'chart.js';
import { formatCount, formatShortCount } from '../../../src/report/format-numbers.js';
import { unicodeSymbols } from '../../../src/report/symbols.js';
import type { TimelineSample } from '../../timeline/timeline-sample.js';
import { chartData, charts, type ChartData, type ChartLine, type LineRole } from '../charts.js';
import { byId, make, say, theOne, within } from './elements.js';

Chart.register(Filler, LinearScale, LineController, LineElement, PointElement, Tooltip);

type Picture = Chart<'line', { x: number; y: number | null }[]>;

/** Rows of the table that stands for a picture. */
const mostRows = 24;

/** All charts of a page, which are told in `../charts.ts`, drawn anew as often as there are other figures or colours. */
export class Charts {
  readonly #pictures = new Map<string, Picture>();
  readonly #isReport: boolean;
  #isWaiting = false;
  #last: { readonly samples: readonly TimelineSample[]; readonly vault: string | undefined } | undefined;

  /** `isReport`: of a run that is over; it says the same wherever it is read. */
  constructor({ isReport }: { readonly isReport: boolean }) {
    this.#isReport = isReport;
    for (const query of ['(prefers-color-scheme: dark)', 'print'])
      matchMedia(query).addEventListener('change', () => this.redraw());
    // A page that became narrower has room for fewer times below its charts.
    addEventListener('resize', () => this.#redrawSoon());
    for (const details of document.querySelectorAll('.chart details'))
      details.addEventListener('toggle', () => this.redraw());
  }

  /** Once for all changes until the next frame. */
  #redrawSoon(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.redraw();
    });
  }

  redraw(): void {
    if (this.#last !== undefined) this.draw(this.#last.samples, this.#last.vault);
  }

  draw(samples: readonly TimelineSample[], vault: string | undefined): void {
    this.#last = { samples, vault };
    for (const chart of charts) {
      const figure = byId(`chart-${chart.id}`);
      const data = chartData(chart, samples, vault);
      const isEmpty = data.lines.every(({ values }) =>
        values.every((value) => value === null || value === 0),
      );
      figure.classList.toggle('is-empty', isEmpty);
      figure.hidden = chart.isOfMachines === true && data.lines.length === 0;
      if (figure.hidden) continue;
      this.#picture(chart.id, figure, data, chart.isStacked === true);
      say(within(figure, '.chart-now'), this.#isReport ? describeHighest(data) : describeNow(data));
      within(figure, 'canvas').setAttribute(
        'aria-label',
        `${chart.title}, ${chart.unit}: ${describe(data, !this.#isReport)}`,
      );
      showLegend(within(figure, '.legend'), data);
      const details = theOne(within(figure, 'details'), HTMLDetailsElement);
      if (details.open) showTable(within(details, 'div'), data, (ms) => this.#time(ms));
    }
  }

  #time(ms: number): string {
    return new Date(ms).toLocaleTimeString('en-GB', this.#isReport ? { timeZone: 'UTC' } : {});
  }

  #picture(id: string, figure: HTMLElement, { timesMs, lines }: ChartData, isStacked: boolean): void {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const datasets = lines.map((line, at) => ({
      label: line.label,
      data: timesMs.map((x, index) => ({ x, y: line.values[index] ?? null })),
      ...lookOf(line.role, at, colour),
      // Points at the edges are whole.
      clip: 4,
      pointRadius: line.values.map((_, index) => (isAlone(line.values, index) ? 2.5 : 0)),
      fill: isStacked ? (at === 0 ? 'origin' : '-1') : line.role === 'total' ? 'origin' : false,
    }));
    const [from = 0, to = 1] = [timesMs[0], timesMs.at(-1)];
    const { ticks, label } = timeTicks(from, to, {
      isUtc: this.#isReport,
      most: figure.clientWidth < 480 ? 4 : 7,
    });
    const picture = this.#pictures.get(id) ?? newPicture(theOne(within(figure, 'canvas'), HTMLCanvasElement));
    this.#pictures.set(id, picture);
    picture.data.datasets = datasets;
    picture.options.scales = {
      x: {
        type: 'linear',
        min: from,
        max: Math.max(to, from + 1),
        afterBuildTicks: (axis) => (axis.ticks = ticks.map((value) => ({ value }))),
        ticks: {
          color: colour('soft'),
          maxRotation: 0,
          autoSkip: false,
          callback: (value) => label(Number(value)),
        },
        grid: { display: false },
        border: { color: colour('line') },
      },
      y: {
        beginAtZero: true,
        stacked: isStacked,
        suggestedMax: 1,
        ticks: {
          color: colour('soft'),
          maxTicksLimit: 5,
          callback: (value) => formatShortCount(Number(value)),
        },
        grid: { color: colour('line') },
        border: { display: false },
      },
    };
    const plugins = picture.options.plugins?.tooltip;
    if (plugins)
      plugins.callbacks = {
        title: ([item]) => this.#time(item?.parsed.x ?? 0),
        label: ({ dataset, parsed }) => ` ${dataset.label ?? ''}: ${figureOf(parsed.y)}`,
      };
    picture.update('none');
  }
}

/** A figure without a neighbour has no line to be seen by: it is a point. */
function isAlone(values: ChartData['lines'][number]['values'], at: number): boolean {
  return [values[at - 1], values[at + 1]].every((beside) => beside === undefined || beside === null);
}

function newPicture(canvas: HTMLCanvasElement): Picture {
  return new Chart(canvas, {
    type: 'line',
    data: { datasets: [] },
    options: {
      animation: false,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      spanGaps: false,
      interaction: { mode: 'index', intersect: false },
      elements: {
        point: { radius: 0, hitRadius: 8, hoverRadius: 3 },
        line: { tension: 0, borderJoinStyle: 'round' },
      },
      plugins: { tooltip: { boxWidth: 8, boxHeight: 8 } },
    },
  });
}

function lookOf(role: LineRole, at: number, colour: (name: string) => string) {
  const named: Readonly<Record<Exclude<LineRole, 'vault' | 'reason'>, [string, number]>> = {
    total: ['accent', 2.5],
    limit: ['soft', 1.5],
    low: ['low', 2],
    middle: ['middle', 2],
    high: ['high', 2],
  };
  const isSeries = role === 'vault' || role === 'reason';
  const [name, borderWidth] = isSeries ? ([`series-${(at % 8) + 1}`, 1.5] as const) : named[role];
  return {
    borderColor: colour(name),
    pointBackgroundColor: colour(name),
    backgroundColor: `color-mix(in srgb, ${colour(name)} ${role === 'reason' ? 45 : 14}%, transparent)`,
    borderWidth,
    borderDash: role === 'limit' ? [5, 4] : [],
    order: role === 'total' ? 1 : 0,
  };
}

/** For those who do not tell colours apart each line has its name; the swatch is drawn by the style sheet. */
function showLegend(list: HTMLElement, { lines }: ChartData): void {
  const wanted = lines.length < 2 && lines[0]?.role !== 'reason' ? [] : lines;
  const known = [...list.children].map(({ textContent }) => textContent);
  if (known.join('\n') === wanted.map(({ label }) => label).join('\n')) return;
  list.replaceChildren(
    ...wanted.map(({ label, role }, at) =>
      make('li', { text: label, data: { role, series: String((at % 8) + 1) } }),
    ),
  );
}

function showTable(place: HTMLElement, { timesMs, lines }: ChartData, time: (ms: number) => string): void {
  const step = Math.max(1, Math.ceil(timesMs.length / mostRows));
  const chosen = timesMs.map((_, at) => at).filter((at) => (timesMs.length - 1 - at) % step === 0);
  const head = make('tr', {}, ...['Time', ...lines.map(({ label }) => label)].map(columnHead));
  const rows = chosen.map((at) => {
    const first = make('th', { text: time(timesMs[at] ?? 0) });
    first.scope = 'row';
    return make(
      'tr',
      {},
      first,
      ...lines.map(({ values }) => make('td', { text: figureOf(values[at] ?? null) })),
    );
  });
  place.replaceChildren(make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows)));
}

function columnHead(text: string): HTMLElement {
  const head = make('th', { text });
  head.scope = 'col';
  return head;
}

const lastOf = ({ values }: ChartLine): number | null => values.findLast((value) => value !== null) ?? null;

const mostOf = ({ values }: ChartLine): number => Math.max(0, ...values.filter((value) => value !== null));
const mainOf = ({ lines }: ChartData): ChartLine | undefined =>
  lines.find(({ role }) => role === 'total' || role === 'middle');
const shareOf = ({ role }: ChartLine): string => (role === 'middle' ? '95%: ' : '');

function describeNow(data: ChartData): string {
  const shown = mainOf(data);
  if (shown !== undefined) return `${shareOf(shown)}${figureOf(lastOf(shown))}`;
  const { lines } = data;
  return lines.length === 0 ? '0' : figureOf(lines.reduce((sum, line) => sum + (lastOf(line) ?? 0), 0));
}

/** Of a run that is over, whose last figure says nothing of it. What is added up has come to its last figure. */
function describeHighest(data: ChartData): string {
  const shown = mainOf(data);
  return shown === undefined ? describeNow(data) : `${shareOf(shown)}at most ${figureOf(mostOf(shown))}`;
}

/** For whoever cannot see it. */
function describe({ lines }: ChartData, isNow: boolean): string {
  if (lines.length === 0) return 'none';
  return lines
    .map((line) => {
      const now = isNow ? ` ${figureOf(lastOf(line))} now,` : '';
      return `${line.label}${now} ${figureOf(mostOf(line))} at most`;
    })
    .join('; ');
}

function figureOf(value: number | null): string {
  if (value === null) return unicodeSymbols.none;
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : formatCount(value);
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((many) => many * second),
  ...[1, 2, 5, 10, 15, 30].map((many) => many * minute),
  ...[1, 2, 3, 6, 12].map((many) => many * hour),
  ...[1, 2, 7, 14].map((many) => many * day),
];

/** Round times between two, at most so many, and how each is written. */
function timeTicks(
  fromMs: number,
  toMs: number,
  { isUtc, most }: { readonly isUtc: boolean; readonly most: number },
): { readonly ticks: readonly number[]; readonly label: (ms: number) => string } {
  const step = steps.find((one) => (toMs - fromMs) / one <= most) ?? 28 * day;
  const shiftMs = isUtc ? 0 : new Date(fromMs).getTimezoneOffset() * minute;
  const first = Math.ceil((fromMs - shiftMs) / step) * step + shiftMs;
  const ticks: number[] = [];
  for (let at = first; at <= toMs && ticks.length <= most; at += step) ticks.push(at);
  const zone = isUtc ? { timeZone: 'UTC' } : {};
  const form: Intl.DateTimeFormatOptions =
    step >= day
      ? { month: 'short', day: 'numeric' }
      : step < minute
        ? { hour: '2-digit', minute: '2-digit', second: '2-digit' }
        : { hour: '2-digit', minute: '2-digit' };
  return { ticks, label: (ms) => new Date(ms).toLocaleString('en-GB', { ...form, ...zone }) };
}
