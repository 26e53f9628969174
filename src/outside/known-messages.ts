/**
 * The one vocabulary for what the systems at the other end say: what a message means, in words of ours. Everything that
 * people read about a vault or Snowflake (notices, errors, summaries, run.log) takes its words from here, because a
 * message may quote a record in more spellings than anyone can list. The first pattern that fits counts; nothing of the
 * message itself is ever in the words.
 */
const VAULT_WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/^HTTP \d{3}$/, 'no message'],
  [/^\s*<(?:!doctype|html|\?xml)|<html/i, 'a page in HTML, as gateways and login pages send it'],
  [
    /\b(?:token|jwt|assertion|credentials?)\b[^.]{0,40}\bexpired\b|\bexpired\b[^.]{0,20}\btoken\b/i,
    'the token has expired',
  ],
  [
    /\bbearer token is missing\b|\bmissing (?:bearer|authori[sz]ation|credentials?)\b/i,
    'the bearer token is missing',
  ],
  [
    /\bservice account\b[^.]{0,60}\b(?:not (?:known|found)|unknown|disabled)\b/i,
    'the service account or its key is not known',
  ],
  [
    /\bassertion\b[^.]{0,60}\b(?:not signed|no jwt|signature)\b/i,
    'the assertion is not signed by the key of the account',
  ],
  [/\bassertion\b[^.]{0,60}\baudience\b/i, 'the assertion is meant for another audience'],
  [
    /\b(?:bearer|access) token\b[^.]{0,30}\b(?:not valid|invalid)\b|\binvalid (?:bearer |access )?token\b|\bunauthenticated\b/i,
    'the bearer token is not valid',
  ],
  [
    /\btoken insertion error\b|\btokens?\b[^.]{0,30}\balready (?:in use|exists?)\b/i,
    'a token is already in use',
  ],
  [/\bnot unique\b/i, 'the column is not unique in the vault'],
  [
    /\bunique constraint\b|\bduplicate\b|\balready exists?\b|\bmust be unique\b/i,
    'unique constraint violated: a value is in the vault already',
  ],
  [
    /\btoo long\b|\b(?:exceeds?|over) (?:the )?max(?:imum)? length\b|\blonger than\b/i,
    'a value or token is too long',
  ],
  [
    /\b(?:size|payload|body|batch|message|request|records)\b[^.]{0,60}\b(?:exceeds?|too (?:large|big|many)|larger than|at most|limit)\b|\btoo many records\b|\bmaximum batch size\b/i,
    'the request is too large: size exceeds the limit',
  ],
  [/\btoo many requests\b|\brate limit|\bquota\b|\bresource.?exhausted\b/i, 'too many requests'],
  [
    /\bbyot\b|\btokens are not accepted\b/i,
    'the mode of tokens (byot) does not fit the request or the vault',
  ],
  [/\btokens? (?:are |is )?not found\b|\bno tokens? found\b/i, 'tokens not found'],
  [/\bno records found\b|\brecords? not found\b/i, 'no records found'],
  [/\bupsert\b/i, 'the upsert does not fit the table'],
  [/\bvault\b[^.]{0,80}\b(?:not (?:found|known)|does not exist|unknown|invalid)\b/i, 'vault not found'],
  [
    /\b(?:table|object)\b[^.]{0,80}\b(?:does not exist|unknown|invalid|not (?:found|known|present|defined))\b/i,
    'table not found',
  ],
  [
    /\b(?:column|field)s?\b[^.]{0,80}\b(?:does not exist|unknown|invalid|not (?:found|known|present|defined|allowed))\b|\b(?:invalid|unknown) (?:column|field)s?\b/i,
    'a column or field is not known, or not valid',
  ],
  [/\bmethod not allowed\b/i, 'Method Not Allowed'],
  [
    /\bnot allowed\b|\bpermissions?\b|\bforbidden\b|\bdenie[sd]\b|\bnot authori[sz]ed\b|\bunauthori[sz]ed\b|\bno access\b/i,
    'not allowed: permission denied',
  ],
  [
    /\bvalues?\b[^.]{0,80}\b(?:not acceptable|not (?:valid|match|allowed)|invalid|does not match|rejected)\b|\binvalid value\b|\bvalidation\b|\bformat\b/i,
    'a value is not acceptable',
  ],
  [/\brecords are not accepted\b/i, 'records are not accepted'],
  [
    /\bnot available\b|\bservice unavailable\b|\boverloaded\b|\bmaintenance\b/i,
    'the service is not available now',
  ],
  [/\bbad gateway\b|\bupstream\b|\bno healthy\b/i, 'Bad Gateway: nothing behind it answers'],
  [/\bgateway time-?out\b|\bdeadline\b|\btimed? ?-?out\b/i, 'the server gave up waiting (timeout)'],
  [/\binternal (?:server )?error\b/i, 'internal error'],
  [/\brequest\b[^.]{0,20}\brefused\b|^refused\b/i, 'refused'],
  [/\binvalid request\b|\bbad request\b|\bmalformed\b|\binvalid argument\b/i, 'invalid request'],
  [/^\s*not found\s*$/i, 'Not Found'],
];

/** Longer texts are cut before they are looked at: what a message means stands at its beginning. */
const LONGEST_TEXT = 2_000;

/** What a vault's message means, in words of ours; undefined when it is none that is known. */
export function knownVaultMessage(text: string): string | undefined {
  const examined = text.slice(0, LONGEST_TEXT);
  return VAULT_WORDS.find(([pattern]) => pattern.test(examined))?.[1];
}

/** What an error of Snowflake means, by its code: what a query or a function of the account says may quote a row. */
const SNOWFLAKE_WORDS: readonly (readonly [codes: RegExp, words: string])[] = [
  [/^39010[0-2]$/, 'Incorrect username or password, or the user is locked'],
  [/^39014[4-5]$/, 'the token signed with the private key (JWT) is invalid'],
  [/^3903\d\d$/, 'the OAuth access token is invalid or expired'],
  [/^3944\d\d$/, 'the programmatic access token is invalid, expired or not allowed here'],
  [/^39018[69]$/, 'the role does not exist or is not granted to the user'],
  [/^390190$/, 'the authenticator is not accepted for this user'],
  [/^3901(?:04|1[0-5])$|^40700[12]$/, 'the session has expired or is gone'],
  [/^000606$/, 'no active warehouse is selected'],
  [/^00(?:2003|2043)$/, 'an object does not exist, or the role is not authorized to see it'],
  [/^00214[01]$/, 'unknown function, or wrong arguments for it'],
  [/^000904$/, 'a column of the query is an invalid identifier'],
  [/^001003$/, 'the SQL has a syntax error'],
  [/^000604$/, 'the query was cancelled'],
  [/^000630$/, 'the statement ran into its time limit'],
  [/^40100[12]$/, 'network error: no answer of Snowflake that can be used'],
  [/^00\d{4}$/, 'SQL compilation or execution error'],
  [/^1\d{5}$/, 'an error in a function or in the data of the query'],
];

/** What the driver says of itself, without an answer of Snowflake: text of its own, found by its beginning. */
const DRIVER_WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/certificate|self.signed|issuer/i, 'the certificate cannot be verified'],
  [/^getaddrinfo|ENOTFOUND|EAI_AGAIN/, 'the host name is not known'],
  [/ECONNREFUSED/, 'the connection was refused (ECONNREFUSED)'],
  [/ECONNRESET|socket hang up|EPIPE/, 'the connection was reset'],
  [/ETIMEDOUT|time-?out|timed out/i, 'no answer in time (timeout)'],
  [/could not reach/i, 'network error: Snowflake cannot be reached'],
  [/OCSP|revo(?:ked|cation)/i, 'a certificate is revoked, or whether it is cannot be told'],
  [/unable to parse|invalid json|unexpected token/i, 'the answer is not one of Snowflake'],
  [/^Request to Snowflake failed/i, 'a request to Snowflake failed'],
  [
    /^Connection (?:already )?(?:terminated|in progress)|not connected|terminated/i,
    'the connection has ended',
  ],
  [/private key|passphrase|PEM|decrypt/i, 'the private key cannot be used'],
];

/** What an error of Snowflake or of its driver means, in words of ours; undefined when it is none that is known. */
export function knownSnowflakeMessage(code: string, text: string): string | undefined {
  const byCode = SNOWFLAKE_WORDS.find(([codes]) => codes.test(code))?.[1];
  if (byCode !== undefined) return byCode;
  return DRIVER_WORDS.find(([pattern]) => pattern.test(text.slice(0, LONGEST_TEXT)))?.[1];
}
