/**
 * What an HTTP status asks of whoever sent an insert; the kinds are those of `InsertAnswer`. Whether the request had an
 * effect is another question: `EFFECT_TABLE`.
 */
export type StatusVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'unavailable' };

const BY_STATUS: ReadonlyMap<number, StatusVerdict> = new Map<number, StatusVerdict>([
  [401, { kind: 'unauthorized' }],
  [403, { kind: 'denied' }],
  [404, { kind: 'denied' }],
  [408, { kind: 'unavailable' }],
  [413, { kind: 'too_large' }],
  [425, { kind: 'unavailable' }],
  [429, { kind: 'throttled' }],
  [499, { kind: 'unavailable' }],
  [503, { kind: 'throttled' }],
  [529, { kind: 'throttled' }],
]);

/** The table of statuses. `message` is the vault's own: a 400 that complains about size is `too_large`. */
export function classifyStatus(status: number, message: string): StatusVerdict {
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  // A redirect is not followed: the records would go to a place that nobody configured.
  if (status < 400) return { kind: 'denied' };
  if (status === 400 && isUnknownTable(message)) return { kind: 'denied' };
  if (status < 500)
    return status === 400 && isSizeComplaint(message) ? { kind: 'too_large' } : { kind: 'refused' };
  return { kind: 'unavailable' };
}

/** `Insert failed. Table name … is invalid. …`: a 404 by its meaning. Only at the beginning, where no record is quoted. */
function isUnknownTable(message: string): boolean {
  return /^(?:insert failed\. )?table name \S{1,200} is invalid\b/i.test(message);
}

const WHOLE = String.raw`\b(?:requests?|payload|body|batch|records|entity|message|rows)\b`;
const SIZE = String.raw`\b(?:too (?:large|big|many|long)|exceed\w*|larger than|more than|at most|limit(?:ed)?|maximum)\b`;
const ABOUT_THE_WHOLE = new RegExp(`${WHOLE}[^.;]{0,80}${SIZE}|${SIZE}[^.;]{0,40}${WHOLE}`, 'i');
const ABOUT_ONE_VALUE =
  /\b(?:characters?|length|column|columns|field|fields|value|values|token|tokens|unique|rate)\b/i;

/** Whether a message complains about the size of the request rather than about one of its values. */
export function isSizeComplaint(message: string): boolean {
  return ABOUT_THE_WHOLE.test(message) && !ABOUT_ONE_VALUE.test(message);
}
