import type { Settings, VaultSettings } from '../../../src/config/configuration.js';
import { mayLoadAgain } from '../../history/refuse-second-load.js';
import type { InputSize } from '../../../src/source/source-kind.js';
import { estimateLoad, type LoadEstimate } from '../check/estimate-load.js';
import { diskNeedBytes } from '../check/disk-need.js';
import type { Effort, LoadPlan } from './plan-format.js';

/** Of the sample that a load looks up in the vault before it sends anything. */
const sampleRecords = 100;

/** What each vault's load takes, and all of them together. Pure. */
export function planEffort(load: {
  readonly settings: Settings;
  readonly vaults: readonly VaultSettings[];
  readonly sizes: readonly InputSize[];
  readonly newRun: boolean;
  readonly maxParallelVaults: number | undefined;
  readonly now: Date;
}): Pick<LoadPlan, 'effort' | 'total'> {
  const { settings, vaults, sizes } = load;
  const { performance, skyflow } = settings;
  const estimates = vaults.map((_, at) => {
    const size = sizes[at];
    return size && estimateLoad(size, performance, load.now);
  });
  const isSampled = !load.newRun && !mayLoadAgain(settings);
  const effort = vaults.map(({ name }, at) => {
    const estimate = estimates[at];
    return {
      vault: name,
      effort: estimate === undefined ? null : effortOf(estimate),
      look_ups: {
        sample_records: isSampled ? Math.min(sampleRecords, estimate?.records ?? sampleRecords) : 0,
        requests: skyflow.skip_existing ? (estimate?.requests ?? null) : 0,
      },
    };
  });
  const known = estimates.filter((estimate) => estimate !== undefined);
  if (known.length < vaults.length || known.length === 0) return { effort, total: null };
  const sum = (of: (estimate: LoadEstimate) => number): number =>
    known.reduce((total, estimate) => total + of(estimate), 0);
  const seconds = known.map((estimate) => estimate.seconds);
  const atATime = load.maxParallelVaults ?? vaults.length;
  const isPaced = known.every(({ by }) => by !== undefined);
  return {
    effort,
    total: {
      records: sum(({ records }) => records),
      requests: sum(({ requests }) => requests),
      // One budget, or one vault after the other: their times add up.
      hours: hoursOf(
        performance.share_limits
          ? sum((one) => one.seconds)
          : Math.max(...seconds, sum((one) => one.seconds) / atATime),
      ),
      paced_by: isPaced ? [...new Set(known.map(({ by }) => by))].join(', ') : null,
      disk: diskOf(diskNeedBytes(sizes, performance)),
    },
  };
}

function effortOf({ records, requests, seconds, by, disk }: LoadEstimate): Effort {
  return { records, requests, hours: hoursOf(seconds), paced_by: by ?? null, disk: diskOf(disk) };
}

const hoursOf = (seconds: number): number => Number((seconds / 3_600).toFixed(4));

function diskOf({ expectedBytes, worstBytes }: LoadEstimate['disk']): Effort['disk'] {
  return { expected_bytes: Math.ceil(expectedBytes), worst_bytes: Math.ceil(worstBytes) };
}
