import type { Settings } from '../../../src/config/configuration.js';
import { findCredential, findLookupCredential } from '../../../src/config/credential-setting.js';
import { formatCount, formatDuration } from '../../../src/report/format-numbers.js';
import type { ConnectionSettings } from '../../../src/vault/dispatcher.js';
import { openCredential } from '../../../src/vault/credential/open-credential.js';
import { readTokenClaims } from '../../../src/vault/credential/token-claims.js';
import type { Credential } from '../../../src/vault/credential/credential.js';
import type { CredentialJob } from '../../../src/protocol/messages.js';
import { canAsk } from '../../ask/prompt.js';
import { describeCredential } from '../../run/describe-credential.js';
import { planCredential, planLookupCredential } from '../../run/plan-jobs.js';
import { thrownFinding, type Finding } from '../../../src/source/finding.js';
import { patienceOf, vaultConnection } from './vault-connection.js';

/** Credentials that have given a token. */
export interface ReadyCredentials {
  readonly credential: Credential;
  readonly lookupCredential: Credential | undefined;
}

export interface CredentialCheck {
  readonly findings: readonly Finding[];
  /** Undefined: requests to a vault cannot be authorised. */
  readonly ready: ReadyCredentials | undefined;
}

const soonMs = 3_600_000;

/** Gets a token from every credential that is configured: a service account is really asked for one. */
export async function checkCredentials(settings: Settings, signal: AbortSignal): Promise<CredentialCheck> {
  if (findCredential(settings) === undefined) {
    if (canAsk()) {
      const message = 'not checked: it is asked for when the configuration is in order';
      return { ready: undefined, findings: [{ status: 'not_checked', message }] };
    }
    return {
      ready: undefined,
      findings: [
        {
          status: 'bad',
          message: 'no credential for the vaults is configured',
          hint: 'Set SKYFLOW_BEARER_TOKEN, or skyflow.credentials_file, bearer_token_file or api_key.',
        },
      ],
    };
  }
  const findings: Finding[] = [];
  const connection = vaultConnection(settings, process.env);
  const open = async (from: CredentialJob, subject?: string): Promise<Credential | undefined> => {
    try {
      const { credential, finding } = await tryCredential(from, { settings, connection, subject, signal });
      findings.push(finding);
      return finding.status === 'bad' ? undefined : credential;
    } catch (error) {
      signal.throwIfAborted();
      findings.push(thrownFinding(error, subject));
      return undefined;
    }
  };
  const credential = await open(planCredential(settings));
  const { lookupCredential: lookup } = planLookupCredential(settings);
  const lookupCredential = lookup && (await open(lookup, 'lookups'));
  return { findings, ready: credential && { credential, lookupCredential } };
}

async function tryCredential(
  from: CredentialJob,
  around: {
    readonly settings: Settings;
    readonly connection: ConnectionSettings;
    readonly subject: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<{ credential: Credential; finding: Finding }> {
  const { settings, connection, subject, signal } = around;
  const credential = openCredential(from, connection, {
    requestTimeoutMs: patienceOf(settings).requestTimeoutMs,
  });
  const token = await credential.current(signal);
  const about = subject === undefined ? {} : { subject };
  const good = (message: string) => ({ credential, finding: { status: 'good', ...about, message } as const });
  switch (from.kind) {
    case 'service_account':
    case 'service_account_file': {
      const own = subject === undefined ? findCredential(settings) : findLookupCredential(settings);
      const facts = own && (await describeCredential(own));
      const who = facts?.client_id === undefined ? '' : ` ${facts.client_id} (key ${facts.key_id ?? ''})`;
      return good(`service account${who}: a token was fetched; it is renewed by itself`);
    }
    case 'token':
    case 'token_file': {
      const isKey = subject === undefined && findCredential(settings)?.kind === 'api_key';
      const what = isKey
        ? 'API key'
        : from.kind === 'token_file'
          ? 'bearer token from a file'
          : 'bearer token';
      const finding = judgeToken(`${what} of ${formatCount(token.length)} characters`, token, {
        renewal: isKey ? 'never' : from.kind === 'token_file' ? 'file' : 'none',
        nowMs: Date.now(),
      });
      return { credential, finding: { ...finding, ...about } };
    }
    default:
      return from satisfies never;
  }
}

/** What a token's own words say about how long it serves. Pure. */
export function judgeToken(
  what: string,
  token: string,
  { renewal, nowMs }: { readonly renewal: 'never' | 'file' | 'none'; readonly nowMs: number },
): Finding {
  if (renewal === 'never') return { status: 'good', message: `${what}; it does not expire` };
  const later =
    renewal === 'file'
      ? 'read again when the vault refuses it'
      : 'not renewable; resume with a new one when it expires';
  const { expiresMs } = readTokenClaims(token);
  if (expiresMs === undefined) return { status: 'good', message: `${what}; ${later}` };
  const at = new Date(expiresMs).toISOString().replace('.000Z', 'Z');
  if (expiresMs <= nowMs) {
    return { status: 'bad', message: `${what}: expired at ${at}`, hint: 'Get a new one.' };
  }
  const left = formatDuration(expiresMs - nowMs);
  if (expiresMs - nowMs > soonMs || renewal === 'file') {
    return { status: 'good', message: `${what}, valid for ${left}; ${later}` };
  }
  return {
    status: 'warn',
    message: `${what}, valid for ${left} only; ${later}`,
    hint: 'Get a new one, or use a service account (skyflow.credentials_file), which renews its tokens.',
  };
}
