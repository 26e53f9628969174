import { forecastExpiry } from '../../src/source/snowflake/expiry-watch.js';

export type RiskLevel = 'low' | 'medium' | 'high';

/** Something that may spoil a long load. */
export interface Risk {
  readonly kind: 'throttling' | 'errors' | 'latency growth' | 'spread' | 'token expiry' | 'result expiry';
  readonly level: Exclude<RiskLevel, 'low'>;
  /** What was seen or is to be expected; half a sentence. */
  readonly text: string;
}

/** What the measured loads of one configuration say. */
export interface RiskFacts {
  /** Of all requests, those answered with 429. */
  readonly throttledShare: number;
  /** Of all records, those that failed or were left without a verdict. */
  readonly errorShare: number;
  /** Whether a load could not be finished. */
  readonly unfinished: boolean;
  /** Average latency over the lowest with no more workers and batches at least as large. */
  readonly latencyGrowth: number;
  /** Highest minus lowest throughput, over the median; undefined for one load. */
  readonly spread: number | undefined;
}

/** From which value on a figure is a risk; `above` counts as medium, `high` as high. */
export const riskThresholds = {
  throttledShare: { above: 0, high: 0.01 },
  errorShare: { above: 0, high: 0.001 },
  latencyGrowth: { above: 1.5, high: 2.5 },
  spread: { above: 0.25, high: 0.75 },
} as const;

/** A service account's bearer token lasts this long. */
export const bearerTokenHours = 1;

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;

/** Risks that lie in how the vault took the load. */
export function assessVaultRisk(facts: RiskFacts): Risk[] {
  const { throttledShare, errorShare, unfinished, latencyGrowth, spread = 0 } = facts;
  const risks: Risk[] = [];
  const judge = (kind: Risk['kind'], key: keyof typeof riskThresholds, value: number, text: string): void => {
    const { above, high } = riskThresholds[key];
    if (value > above) risks.push({ kind, level: value > high ? 'high' : 'medium', text });
  };
  judge(
    'throttling',
    'throttledShare',
    throttledShare,
    `${percent(throttledShare)} of requests were answered with 429`,
  );
  if (unfinished) risks.push({ kind: 'errors', level: 'high', text: 'a load could not be finished' });
  else judge('errors', 'errorShare', errorShare, `${percent(errorShare)} of records failed`);
  judge(
    'latency growth',
    'latencyGrowth',
    latencyGrowth,
    `latency is ${latencyGrowth.toFixed(1)} times that of fewer workers`,
  );
  judge('spread', 'spread', spread, `loads differ by ${percent(spread)} of the median`);
  return risks;
}

/** Risks that lie in how long the whole takes: what expires meanwhile. */
export function assessExpiry(records: number, recordsPerSecond: number): Risk[] {
  if (recordsPerSecond <= 0) return [];
  const hours = records / recordsPerSecond / 3600;
  const risks: Risk[] = [];
  if (hours > bearerTokenHours) {
    risks.push({
      kind: 'token expiry',
      level: 'medium',
      text: 'it takes longer than a bearer token of 60 minutes lasts: use a service account, which renews it, or an API key',
    });
  }
  const { verdict } = forecastExpiry(recordsPerSecond, records, 0);
  switch (verdict) {
    case 'in_time':
      return risks;
    case 'at_risk':
    case 'hopeless': {
      const level = verdict === 'hopeless' ? 'high' : 'medium';
      const end = verdict === 'hopeless' ? 'expires before the end' : 'has less than 4 hours to spare';
      return [
        ...risks,
        {
          kind: 'result expiry',
          level,
          text: `from Snowflake, the result (24 h) ${end}: use a snapshot table or slices`,
        },
      ];
    }
    default:
      return verdict satisfies never;
  }
}

/** The worst of some risks. */
export function worstLevel(risks: readonly Risk[]): RiskLevel {
  if (risks.some(({ level }) => level === 'high')) return 'high';
  return risks.length > 0 ? 'medium' : 'low';
}
