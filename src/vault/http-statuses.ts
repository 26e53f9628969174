/**
 * What an HTTP status asks of whoever sent an insert; the kinds are those of `InsertAnswer`. Whether the request had an
 * effect is another question: `EFFECT_TABLE`, which asks whose refusal is believed.
 */
export type StatusVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'unavailable' };

interface StatusFacts {
  readonly asks: StatusVerdict['kind'];
  /** Who is believed that nothing was taken: the vault, in its own error envelope, or whoever answers. */
  readonly refusedBy?: 'vault' | 'anyone';
  /** Of a single record: nothing is known against its content, and it may be sent again. */
  readonly passes?: true;
  /** Nobody is served at present. */
  readonly noService?: true;
  /** The vault does serve: less often is all that it asks for. */
  readonly paceAlone?: true;
}

/** What is known of a status; of any other, its hundred says what it asks. */
const statuses: ReadonlyMap<number, StatusFacts> = new Map<number, StatusFacts>([
  // Its message may say that it asks something else.
  [400, { asks: 'refused', refusedBy: 'vault' }],
  [401, { asks: 'unauthorized', refusedBy: 'vault', passes: true }],
  [403, { asks: 'denied', refusedBy: 'vault' }],
  [404, { asks: 'denied', refusedBy: 'vault' }],
  [408, { asks: 'unavailable', passes: true, noService: true }],
  [409, { asks: 'refused', refusedBy: 'vault' }],
  // These two are given for a request as a whole, before anything is done with it.
  [413, { asks: 'too_large', refusedBy: 'anyone' }],
  [422, { asks: 'refused', refusedBy: 'vault' }],
  [425, { asks: 'unavailable', passes: true, noService: true }],
  [429, { asks: 'throttled', refusedBy: 'anyone', passes: true, noService: true, paceAlone: true }],
  [499, { asks: 'unavailable' }],
  [502, { asks: 'unavailable', noService: true }],
  [503, { asks: 'throttled', noService: true }],
  [504, { asks: 'unavailable', noService: true }],
  [529, { asks: 'throttled', noService: true }],
]);

/** What a status asks. `message` is the vault's own: a 400 that complains about size is `too_large`. */
export function classifyStatus(status: number, message: string): StatusVerdict {
  if (status === 400 && isUnknownTable(message)) return { kind: 'denied' };
  if (status === 400 && isSizeComplaint(message)) return { kind: 'too_large' };
  return { kind: statuses.get(status)?.asks ?? usualVerdict(status) };
}

function usualVerdict(status: number): StatusVerdict['kind'] {
  if (status >= 200 && status < 300) return 'accepted';
  // A redirect is not followed: the records would go to a place that nobody configured.
  if (status < 400) return 'denied';
  return status < 500 ? 'refused' : 'unavailable';
}

/** Whether it asks for another attempt, later: the vault is busy, away or failing. */
export function isTransient(status: number): boolean {
  const { kind } = classifyStatus(status, '');
  return kind === 'throttled' || kind === 'unavailable';
}

/** Whether the vault, or who stands in front of it, asks for a rest. */
export function isThrottling(status: number): boolean {
  return classifyStatus(status, '').kind === 'throttled';
}

/** Whether all that it asks for is a slower pace: the vault does serve. */
export function asksForPaceAlone(status: number): boolean {
  return statuses.get(status)?.paceAlone === true;
}

/** Whether the status of a single record is a refusal of it; after any other the record may be sent again. */
export function refusesRecord(status: number): boolean {
  return status >= 400 && status < 500 && statuses.get(status)?.passes !== true;
}

/** Whether it says that nobody is served at present. */
export function isNoService(status: number): boolean {
  return statuses.get(status)?.noService === true;
}

/** Who is believed that nothing was taken of a request that is answered so; undefined: nobody. */
export function refusedBy(status: number): StatusFacts['refusedBy'] {
  return statuses.get(status)?.refusedBy;
}

/** The statuses in the table whose refusal is believed of these; undefined: of nobody. */
export function statusesRefusedBy(whom: StatusFacts['refusedBy']): readonly number[] {
  return [...statuses.keys()].filter((status) => refusedBy(status) === whom);
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
