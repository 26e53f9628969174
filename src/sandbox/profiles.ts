import type { VaultSandboxOptions } from './options.js';

/** Sets of options that stand for a kind of vault, or of what stands in front of it. Single options go over them. */
export const sandboxProfiles = {
  /** A vault as it is likely to be. */
  plain: {},
  /** Refuses whatever a vault may refuse. */
  strict: {
    uniqueColumns: ['*'],
    ...{ getAboveLimit: 'refuse', deleteAll: 'refuse', tokenConflict: 409, upsertToken: 'keep' },
    ...{ maxBatchRecords: 200, maxBatchBytes: 1_000_000, maxDetokenizeTokens: 200, errorFromClient: true },
  },
  /** Something in front of the vault answers in its place: web pages, 503 before the effect and 504 after it, cuts. */
  gateway: {
    errorBefore: { rate: 0.02, status: 503, form: 'html' },
    errorAfter: { rate: 0.02, status: 504, form: 'html' },
    ...{ cutAboveBytes: 2_000_000, retryAfter: 'none', echoRequestId: false },
  },
  /** A bad day: slow, throttling, answers that are lost before and after the effect, effects that come late. */
  flaky: {
    latency: { p50Ms: 40, p99Ms: 400 },
    throttle: { rate: 0.02 },
    ...{ resetBefore: { rate: 0.01 }, resetAfter: { rate: 0.02 }, errorAfter: { rate: 0.01 } },
    ...{ lateCommit: { rate: 0.005, delayMs: 500 }, missingId: { rate: 0.005 } },
  },
  /** A Flow vault that goes the less likely way where nobody knows. */
  flow: {
    uniqueColumns: ['*'],
    flow: {
      tokens: 'list',
      tokenGroups: ['deterministic_string', 'random'],
      partialStatus: 207,
      missing: 'absent',
    },
  },
} as const satisfies Readonly<Record<string, VaultSandboxOptions>>;

export type SandboxProfile = keyof typeof sandboxProfiles;
export const profileNames = [
  'plain',
  'strict',
  'gateway',
  'flaky',
  'flow',
] as const satisfies readonly SandboxProfile[];
