import type { Settings, VaultSettings } from '../../../src/config/configuration.js';
import { wireSettings } from '../../../src/vault/choose-wire.js';
import { formatLatency, formatDuration } from '../../../src/report/format-numbers.js';
import type { LookupAnswer } from '../../../src/vault/vault-client.js';
import { probeVault, type VaultProbe } from '../../../src/vault/probe-vault.js';
import type { ProbeAnswer } from '../../../src/vault/table-verdict.js';
import { wires } from '../../../src/vault/wires.js';
import { thrownFinding, type Finding } from '../../../src/source/finding.js';
import type { ReadyCredentials } from './check-credential.js';
import type { CheckSubject } from './check-configuration.js';
import { patienceOf, vaultConnection } from './vault-connection.js';

/** Asks every vault, all at the same time, by reading alone. */
export async function checkVaults(
  { settings, vaults }: Pick<CheckSubject, 'settings' | 'vaults'>,
  ready: ReadyCredentials | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const missing = whatIsMissing(settings, vaults, ready);
  if (missing !== undefined || ready === undefined) {
    const message = `not checked: needs ${missing ?? 'a credential that works'}`;
    return notCheckedFor(vaults, message);
  }
  const asked = await Promise.all(
    vaults.map(async (vault): Promise<{ findings: Finding[]; probe?: VaultProbe }> => {
      try {
        const probe = await probeConfigured(vault, settings, ready, signal);
        return { findings: judgeVault(vault, probe, settings), probe };
      } catch (error) {
        signal.throwIfAborted();
        return { findings: [thrownFinding(error, vault.name)] };
      }
    }),
  );
  const clocks = asked.flatMap(({ probe }) => probe?.clockAheadMs ?? []);
  return [...asked.flatMap(({ findings }) => findings), ...judgeClock(clocks, signsByTheClock(settings))];
}

/** That nothing was looked at, of every vault. */
export function notCheckedFor(vaults: readonly VaultSettings[], message: string): Finding[] {
  const subjects = vaults.length === 0 ? [{}] : vaults.map(({ name }) => ({ subject: name }));
  return subjects.map((subject): Finding => ({ status: 'not_checked', ...subject, message }));
}

/** Asks one vault. */
export function probeConfigured(
  vault: Pick<VaultSettings, 'id' | 'table' | 'column'>,
  settings: Settings,
  credentials: ReadyCredentials,
  signal: AbortSignal,
): Promise<VaultProbe> {
  return probeVault(
    {
      ...vaultConnection(settings, process.env),
      ...credentials,
      ...wireSettings(settings.skyflow),
      vaultUrl: settings.skyflow.vault_url ?? '',
      vaultId: vault.id,
      table: vault.table,
      column: vault.column,
      requestTimeoutMs: patienceOf(settings).requestTimeoutMs,
    },
    signal,
  );
}

function whatIsMissing(
  { skyflow }: Settings,
  vaults: readonly VaultSettings[],
  ready: ReadyCredentials | undefined,
): string | undefined {
  if (skyflow.vault_url === undefined) return 'skyflow.vault_url';
  if (vaults.length === 0) return 'a configured vault';
  return ready === undefined ? 'a credential that works' : undefined;
}

/** A service account signs what it asks with, and its clock goes into that. */
function signsByTheClock({ skyflow }: Settings): boolean {
  return skyflow.credentials_file !== undefined || skyflow.credentials !== undefined;
}

/** What a vault's answers mean for a load. Pure. */
export function judgeVault(
  { name, table, column, id }: Pick<VaultSettings, 'name' | 'table' | 'column' | 'id'>,
  probe: VaultProbe,
  { skyflow }: Pick<Settings, 'skyflow'>,
): Finding[] {
  const verdict = probe.table;
  const at = `table ${table}, column ${column}`;
  const host = skyflow.vault_url ?? '';
  const finding = (status: Finding['status'], message: string, hint?: string): Finding => ({
    status,
    subject: name,
    message,
    hint,
  });
  switch (verdict.kind) {
    case 'there': {
      const took = probe.latencyMs === undefined ? '' : `, ${formatLatency(probe.latencyMs)}`;
      return [
        finding('good', `${at}: there (${wireWords(skyflow)}${took})`),
        ...uncertainties(name, skyflow),
        ...judgeLookup(name, probe.lookup, skyflow.upsert),
      ];
    }
    case 'no_column':
      return [
        finding(
          'bad',
          `table ${table} is there, column ${column} is not: ${words(verdict.answer)}`,
          `Check skyflow.vaults of ${name}: its column must be one of the table's.`,
        ),
      ];
    case 'unknown':
      return [
        finding(
          'bad',
          `vault ${id} with ${at}: ${words(verdict.answer)}`,
          `Check id, table (${table}) and column of ${name}, and that ${host} is this vault's URL.`,
        ),
      ];
    case 'not_vault':
      return [
        finding(
          'bad',
          `not the vault: ${verdict.answer.message}`,
          `Check that ${host} is the vault's URL, and what stands between (proxy, gateway, login page).`,
        ),
      ];
    case 'other_wire':
      return [
        finding(
          'bad',
          `the vault refuses the /v1 wire (${words(verdict.answer)}) and answers on /v2`,
          'It is a vault of the newer kind (Flow): set skyflow.wire to "flow".',
        ),
      ];
    case 'unauthorized':
      return [
        {
          ...finding(
            'bad',
            `the vault does not accept the credential: ${words(verdict.answer)}`,
            'Get a new token, and check that the account may use this vault.',
          ),
          about: 'credential',
        },
      ];
    case 'not_readable':
      return [
        finding(
          'warn',
          `${at}: not checked, the credential may not read it (${words(verdict.answer)})`,
          'It may still insert: --max-records 1 shows it.',
        ),
        ...judgeLookup(name, probe.lookup, skyflow.upsert),
      ];
    case 'unavailable':
      return [finding('bad', `no answer from ${host}: ${words(verdict.answer)}`, adviceFor(verdict.answer))];
    default:
      return verdict satisfies never;
  }
}

/** The wire that the requests take, and why. */
function wireWords(skyflow: Settings['skyflow']): string {
  const { title, hosts } = wires[wireSettings(skyflow).wire];
  return skyflow.wire === 'auto' && hosts !== undefined ? `${title}, by its host name` : title;
}

/** What nothing public says of such vaults, and what is done about it. */
function uncertainties(name: string, skyflow: Settings['skyflow']): Finding[] {
  const { wire, wireSettings: own } = wireSettings(skyflow);
  const uncertainty = wires[wire].uncertainty?.(own);
  return uncertainty === undefined ? [] : [{ status: 'warn', subject: name, ...uncertainty }];
}

function words({ status, message, requestId }: ProbeAnswer): string {
  const request = requestId === undefined ? '' : ` (request ${requestId})`;
  return `${status === undefined ? '' : `HTTP ${status} `}${message}${request}`;
}

function adviceFor({ status, lasting }: ProbeAnswer): string {
  if (status !== undefined) return 'The vault is busy or failing: try again later.';
  return lasting === true
    ? 'Check skyflow.vault_url, skyflow.ca_file and the proxy variables.'
    : 'Check skyflow.vault_url, the network and the proxy variables.';
}

/** Whether records in doubt can be settled; with upsert they need not be asked for. */
function judgeLookup(name: string, lookup: LookupAnswer | undefined, upsert: boolean): Finding[] {
  if (lookup === undefined || upsert) return [];
  if (lookup.kind === 'found') {
    return [
      {
        status: 'good',
        subject: name,
        message: 'rows whose answer is unknown can be looked up (detokenize)',
      },
    ];
  }
  const status = lookup.status === undefined ? '' : `HTTP ${lookup.status} `;
  return [
    {
      status: 'warn',
      subject: name,
      message: `rows whose answer is unknown cannot be looked up: ${status}${lookup.message}`,
      hint: 'They would be held back as failed. Give skyflow.lookup_credentials_file, or use upsert.',
    },
  ];
}

const noticedMs = 2_000;
/** An assertion lasts 55 minutes of the 60 that the vault allows. */
const toleratedMs = 4 * 60_000;

/**
 * This clock against the vaults', whose answers may each be late: the smallest difference counts. Only who signs with
 * the time (a service account) cannot load with a clock that is minutes off. Pure.
 */
export function judgeClock(aheadMs: readonly number[], signsByTheClock: boolean): Finding[] {
  const [nearest] = [...aheadMs].sort((one, other) => Math.abs(one) - Math.abs(other));
  if (nearest === undefined) return [];
  const subject = 'clock';
  const offMs = Math.abs(nearest);
  if (offMs <= noticedMs) {
    return [{ status: 'good', subject, message: "agrees with the vault's to about a second" }];
  }
  return [
    {
      status: signsByTheClock && offMs > toleratedMs ? 'bad' : 'warn',
      subject,
      message: `${formatDuration(offMs)} ${nearest > 0 ? 'ahead of' : 'behind'} the vault's`,
      hint: 'Set it by NTP: signed logins go by it, and so do the times in logs.',
    },
  ];
}
