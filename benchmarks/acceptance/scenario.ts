import type { Rig, Stage } from './rig.js';

/** How large a scenario is carried out. */
export interface Scale {
  readonly records: number;
  /** Kills, deaths of pods and of workers. */
  readonly kills: number;
}

/** What a scenario found: figures for its line, and which promises were not kept. */
export interface Verdict {
  readonly figures: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

/** One of the loads that must end well whatever happens to it, against the sandbox. */
export interface Scenario {
  readonly name: string;
  /** What happens, and what is promised. */
  readonly promise: string;
  /** As it is carried out when nothing else is asked for. */
  readonly usual: Scale;
  /** Why this machine cannot carry it out; undefined when it can. */
  readonly whyNot?: () => string | undefined;
  /** Rejects when it cannot be carried out to its end. */
  readonly run: (scale: Scale, stage: Stage) => Promise<Verdict>;
}

/**
 * The verdict where every one of `rows` rows of each vault was to go in: none is missing, doubled, of somebody else or held
 * back, and the run in the folder `runs` says so.
 */
export async function judgeWhole(
  rig: Rig,
  rows: number,
  figures: Verdict['figures'],
  { holds = {}, runs }: { readonly holds?: Readonly<Record<string, boolean>>; readonly runs?: string } = {},
): Promise<Verdict> {
  const { totals, vaults } = await rig.summary(runs);
  const { held, read, uploaded } = totals;
  return judge(
    { ...(await rig.compare(rows)), held, ...figures },
    ['missing', 'doubled', 'foreign', 'held'],
    {
      'every row was read and uploaded': read === rows * vaults.length && uploaded === read,
      ...holds,
    },
  );
}

/** A verdict: the figures named in `zero` must be 0, and what `holds` says must hold. */
export function judge(
  figures: Readonly<Record<string, number>>,
  zero: readonly string[],
  holds: Readonly<Record<string, boolean>> = {},
): Verdict {
  const wrong = zero
    .filter((name) => figures[name] !== 0)
    .map((name) => `${name} ${figures[name] ?? 'none'}`);
  const broken = Object.keys(holds).filter((name) => holds[name] === false);
  return { figures, broken: [...wrong, ...broken.map((name) => `not: ${name}`)] };
}
