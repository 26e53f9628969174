import type * as z from 'zod';
import type { vaultSandboxOptions } from './options.js';

type Key = keyof z.input<typeof vaultSandboxOptions>;

/** The options of the vault by what they are about, in the order in which people look for them, each with an example. */
export const optionGroups: readonly {
  readonly title: string;
  readonly example: string;
  readonly keys: readonly Key[];
}[] = [
  {
    title: 'The server',
    example: 'store=digest',
    keys: ['host', 'port', 'tls', 'tlsPort', 'hostNames', 'caFile', 'credentialsFile', 'seed', 'store'],
  },
  {
    title: 'Records and answers',
    example: 'uniqueColumns=["ssn"]',
    keys: [
      ...(['vaults', 'tables', 'uniqueColumns', 'duplicateStatus', 'unknownTableStatus'] as const),
      ...(['upsertToken', 'keptTokens', 'tokenConflict', 'byotDefault', 'statusAsString'] as const),
      ...(['getAboveLimit', 'deleteAll', 'detokenizeNone', 'defaultRedaction', 'plainText'] as const),
      ...(['valueTypes', 'echoRequestId', 'errorFromClient'] as const),
    ],
  },
  {
    title: 'Who may use it',
    example: 'accessTokens=[{"token":"t1"}]',
    keys: ['accessTokens', 'expiredTokens', 'serviceAccounts', 'issuedLifetimeMs', 'accountId'],
  },
  {
    title: 'Limits, pace and latency',
    example: 'requestsPerSecond=50',
    keys: [
      ...([
        'maxBatchRecords',
        'maxBatchBytes',
        'tooLargeStatus',
        'cutAboveBytes',
        'maxDetokenizeTokens',
      ] as const),
      ...([
        'requestsPerSecond',
        'recordsPerSecond',
        'burstSeconds',
        'retryAfter',
        'retryAfterSeconds',
      ] as const),
      ...(['throttle', 'latency'] as const),
    ],
  },
  {
    title: 'Records that it refuses',
    example: 'poison=["BAD"]',
    keys: ['poison', 'poisonPattern', 'poisonStatus', 'poisonQuotesValue', 'refuseAll'],
  },
  { title: 'Flow vaults', example: 'flow.tokens=list', keys: ['flow'] },
];

/** What stands in no group: faults. */
export const faultsTitle = { title: 'Faults', example: 'resetAfter.rate=0.05' } as const;
