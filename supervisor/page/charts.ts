import { failureWords } from '../../src/error-log/failure-reasons.js';
import type { TimelineSample, VaultSample } from '../timeline/timeline-sample.js';

/** What is drawn over time: pure, for the live page and for reports. Lines have a value, or null, for each time. */

/** How a line is drawn. */
export type LineRole = 'total' | 'vault' | 'limit' | 'low' | 'middle' | 'high' | 'reason';

export interface ChartLine {
  readonly label: string;
  readonly role: LineRole;
  readonly values: readonly (number | null)[];
}

export interface ChartData {
  readonly timesMs: readonly number[];
  readonly lines: readonly ChartLine[];
}

interface Chart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** What it tells, to somebody who sees it for the first time. */
  readonly meaning: string;
  readonly isStacked?: true;
  /** Of runs that several machines share: there is none for others. */
  readonly isOfMachines?: true;
  readonly lines: (view: View) => readonly ChartLine[];
}

/** More lines than these tell nothing apart. */
const mostVaultLines = 8;

const words: Readonly<Record<string, string>> = failureWords;

/** In the order in which they are shown. */
export const charts: readonly Chart[] = [
  {
    id: 'throughput',
    title: 'Throughput',
    unit: 'records per second',
    meaning:
      'Records that the vault confirmed under their own tokens. Gaps lie between two commands on the run; a line at 0 waits.',
    lines: (view) => view.byVault((vault, before, seconds) => (vault.uploaded - before.uploaded) / seconds),
  },
  {
    id: 'latency',
    title: 'Latency',
    unit: 'ms, slowest vault',
    meaning:
      'How long answers to requests took. Half of them came within the lowest line, all but one in a hundred within the highest.',
    lines: (view) => [
      { label: '99% within', role: 'high', values: view.worst(({ p99_ms }) => p99_ms) },
      { label: '95% within', role: 'middle', values: view.worst(({ p95_ms }) => p95_ms) },
      { label: 'half within', role: 'low', values: view.worst(({ p50_ms }) => p50_ms) },
    ],
  },
  {
    id: 'in-flight',
    title: 'Requests in flight',
    unit: 'requests',
    meaning:
      'Requests that wait for their answer, and how many may. Fewer allowed than configured: the vault refused more, or took too long.',
    lines: (view) => [
      { label: 'allowed', role: 'limit', values: view.level(({ allowed }) => allowed) },
      { label: 'in flight', role: 'total', values: view.level(({ in_flight }) => in_flight) },
    ],
  },
  {
    id: 'refusals',
    title: 'Refusals',
    unit: '“too many requests”, per second',
    meaning:
      'Answers 429: the vault’s rate limit. Nothing is lost by them; the run finds the pace that it takes.',
    lines: (view) => view.byVault((vault, before, seconds) => (vault.refused - before.refused) / seconds),
  },
  {
    id: 'errors',
    title: 'Failed records',
    unit: 'by reason, added up',
    meaning:
      'Records that stand in the error logs, by reason, since the beginning. A retry sends them again; its own run counts them.',
    isStacked: true,
    lines: (view) =>
      view.reasons.map((reason) => ({
        label: words[reason] ?? 'another reason',
        role: 'reason',
        values: view.level(({ reasons }) => reasons[reason] ?? 0),
      })),
  },
  {
    id: 'machines',
    title: 'By machine',
    unit: 'rows per second',
    meaning: 'Rows that each machine brought to an end: uploaded, failed or skipped.',
    isOfMachines: true,
    lines: (view) => view.byMachine(),
  },
];

/** A chart of these samples; `vault`: of that one alone. */
export function chartData(
  chart: Chart,
  samples: readonly TimelineSample[],
  vault: string | undefined,
): ChartData {
  const view = new View(samples, vault);
  return { timesMs: view.timesMs, lines: chart.lines(view) };
}

interface Step {
  /** By name. */
  readonly vaults: ReadonlyMap<string, VaultSample>;
  /** Rows by machine. */
  readonly machines: ReadonlyMap<string, number>;
  readonly before: ReadonlyMap<string, VaultSample> | undefined;
  /** Since then; not above 0: nothing can be said of the time between. */
  readonly seconds: number;
}

/** Samples as steps from one to the next; between two commands of a run there is a gap. */
class View {
  readonly timesMs: number[] = [];
  readonly #steps: (Step | undefined)[] = [];
  readonly #names: readonly string[];
  readonly #chosen: string | undefined;

  constructor(samples: readonly TimelineSample[], chosen: string | undefined) {
    this.#chosen = chosen;
    this.#names = [...new Set(samples.flatMap(({ vaults }) => vaults.map(({ name }) => name)))];
    samples.forEach((now, at) => {
      const before = samples[at - 1];
      const atMs = Date.parse(now.at);
      if (before !== undefined && before.session !== now.session) {
        this.timesMs.push(atMs - 1);
        this.#steps.push(undefined);
      }
      this.timesMs.push(atMs);
      const seconds = before?.session === now.session ? (atMs - Date.parse(before.at)) / 1000 : 0;
      const vaults = new Map(now.vaults.map((vault) => [vault.name, vault]));
      const machines = new Map((now.machines ?? []).map(({ worker, rows }) => [worker, rows]));
      this.#steps.push({ vaults, machines, before: this.#steps.at(-1)?.vaults, seconds });
    });
  }

  get reasons(): string[] {
    const found = this.#steps.flatMap((step) =>
      step === undefined ? [] : this.#of(step).map(({ reasons }) => reasons),
    );
    return [...new Set(found.flatMap((reasons) => Object.keys(reasons)))].sort();
  }

  /** What each vault does in a second, and all of them. */
  byVault(rate: (vault: VaultSample, before: VaultSample, seconds: number) => number): ChartLine[] {
    const line = (label: string, role: LineRole, names: readonly string[]): ChartLine => ({
      label,
      role,
      values: this.#steps.map((step) => {
        if (step?.before === undefined || step.seconds <= 0) return null;
        const { vaults, before, seconds } = step;
        return sum(
          names.flatMap((name) => {
            const [now, then] = [vaults.get(name), before.get(name)];
            return now === undefined || then === undefined ? [] : [Math.max(0, rate(now, then, seconds))];
          }),
        );
      }),
    });
    if (this.#chosen !== undefined) return [line(this.#chosen, 'total', [this.#chosen])];
    const total = line('all vaults', 'total', this.#names);
    return this.#names.length === 1 || this.#names.length > mostVaultLines
      ? [total]
      : [total, ...this.#names.map((name) => line(name, 'vault', [name]))];
  }

  /** What each machine brings to its end in a second. */
  byMachine(): ChartLine[] {
    const names = [...new Set(this.#steps.flatMap((step) => [...(step?.machines.keys() ?? [])]))].sort();
    return names.map((name) => ({
      label: name,
      role: 'vault',
      values: this.#steps.map((step, at) => {
        const [now, then] = [step?.machines.get(name), this.#steps[at - 1]?.machines.get(name)];
        if (step === undefined || now === undefined || then === undefined || step.seconds <= 0) return null;
        return Math.max(0, now - then) / step.seconds;
      }),
    }));
  }

  /** Added up over the vaults. */
  level(value: (vault: VaultSample) => number): (number | null)[] {
    return this.#steps.map((step) => (step === undefined ? null : sum(this.#of(step).map(value))));
  }

  /** Of the slowest vault. */
  worst(value: (vault: VaultSample) => number | null): (number | null)[] {
    return this.#steps.map((step) => {
      const known =
        step === undefined
          ? []
          : this.#of(step)
              .map(value)
              .filter((one) => one !== null);
      return known.length === 0 ? null : Math.max(...known);
    });
  }

  #of({ vaults }: Step): readonly VaultSample[] {
    return [...vaults.values()].filter(({ name }) => this.#chosen === undefined || name === this.#chosen);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
