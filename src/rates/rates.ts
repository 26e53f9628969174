import * as z from 'zod';

/** What a request costs of the rates. */
export interface RequestCost {
  readonly records: number;
  /** Of its body. */
  readonly bytes: number;
}

/** Of a record in a request, beside value and token: about. */
export const usualRecordBytes = 60;

const rate = (of: string, maximum: number, flag: string) =>
  z
    .number()
    .positive()
    .max(maximum)
    .optional()
    .meta({ description: `Upper limit of ${of} per second, for each vault.`, flag, defaultText: 'none' });

/** The rates that a load keeps below, by their keys in the section `performance`. */
export const rateSettings = {
  max_requests_per_second: rate('requests', 1_000_000, '--max-requests-per-second'),
  max_records_per_second: rate('records', 1_000_000_000, '--max-records-per-second'),
  max_bytes_per_second: rate('bytes of request bodies', 1_000_000_000_000, '--max-bytes-per-second'),
};

/** How much of each of them a request takes. */
export const rateCosts: Readonly<Record<keyof Rates, (cost: RequestCost) => number>> = {
  max_requests_per_second: () => 1,
  max_records_per_second: ({ records }) => records,
  max_bytes_per_second: ({ bytes }) => bytes,
};

/** Their keys. */
export const rateKeys = Object.keys(rateSettings).filter((key): key is keyof Rates => key in rateSettings);

/** What holds requests, each of such a cost, back the longest, and for how long; undefined where nothing is limited. Pure. */
export function slowestRate(
  rates: Rates,
  requests: number,
  each: RequestCost,
): { readonly key: keyof Rates; readonly perSecond: number; readonly seconds: number } | undefined {
  const paces = rateKeys.flatMap((key) => {
    const perSecond = rates[key];
    return perSecond === undefined
      ? []
      : [{ key, perSecond, seconds: (requests * rateCosts[key](each)) / perSecond }];
  });
  return paces.sort((one, other) => other.seconds - one.seconds)[0];
}

/** Rates per second, which are never exceeded; absent: no limit. */
export const ratesSchema = z.strictObject(rateSettings);
export type Rates = z.infer<typeof ratesSchema>;

/** The rates among other settings. */
export function ratesOf(settings: object): Rates {
  return ratesSchema.strip().parse(settings, { jitless: true });
}

/** An equal share of each rate for so many vaults. */
export function shareOf(rates: Rates, vaults: number): Rates {
  const shares = Object.entries(rates).map(
    ([key, perSecond = Infinity]) => [key, perSecond / vaults] as const,
  );
  return ratesOf(Object.fromEntries(shares));
}
