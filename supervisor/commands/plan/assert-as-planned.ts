import { resolve } from 'node:path';
import type { Configuration, Origins, VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError, errorFacts } from '../../../src/errors/supervise-error.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import type { InputIdentity } from '../../../src/source/input-identity.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { proxies } from '../../../src/vault/proxy-choice.js';
import { StopSignals } from '../../process/stop-signals.js';
import { describeAuthority } from '../../run/describe-credential.js';
import type { LoadCommand } from '../load/definition.js';
import { loadIntention } from './load-intention.js';
import { readPlan, type LoadIntention } from './plan-format.js';
import { assertSameInputs } from '../../../src/source/same-inputs.js';

/** A plan that a load keeps to. */
export interface KeptPlan {
  /** As `run.json` names it: which plan it was, by its own checksum. */
  readonly record: { readonly file: string; readonly checksum: string };
  /** By vault: what its child has to find. */
  readonly inputs: ReadonlyMap<string, readonly InputIdentity[]>;
}

/**
 * Throws `usage`, with every difference by its name, when a load is not what was planned: nothing was started then. The
 * files are passed over for it; whoever reads them looks once more.
 */
export async function assertAsPlanned(
  file: string,
  load: {
    readonly command: LoadCommand;
    readonly configuration: Configuration;
    readonly origins: Origins;
    readonly vaults: readonly VaultSettings[];
    readonly fingerprintKey: string;
  },
): Promise<KeptPlan> {
  const plan = await readPlan(file);
  if (plan.status === 'not_ready') {
    const [first] = plan.checks.filter(({ status }) => status === 'bad');
    throw new SuperviseError('usage', `${file} plans a load that is refused: ${first?.message ?? ''}`, {
      hint: 'When that is mended, plan again.',
    });
  }
  const { configuration, origins, vaults, command } = load;
  const found = await identify(load);
  const now = loadIntention({
    ...{ settings: configuration, origins, vaults, asked: command },
    authority: await describeAuthority(configuration, load.fingerprintKey),
    inputs: found.inputs,
  });
  const differences = [...planDifferences(plan.load, now), ...found.problems];
  if (differences.length === 0) {
    const inputs = plan.load.vaults.map(({ name, inputs: of }) => [name, of ?? []] as const);
    return { record: { file: resolve(file), checksum: plan.checksum }, inputs: new Map(inputs) };
  }
  const lines = differences.map((difference) => `  ${singleLine(difference, 1_000)}`);
  throw new SuperviseError(
    'usage',
    [`this is not the load that ${file} plans; nothing was started:`, ...lines].join('\n'),
    {
      hint: 'Load what was planned, or plan again and have it approved: skyflow-supervise plan --out FILE',
    },
  );
}

async function identify({
  configuration,
  command,
  vaults,
  fingerprintKey,
}: Parameters<typeof assertAsPlanned>[1]): Promise<{
  readonly inputs: ReadonlyMap<string, readonly InputIdentity[]>;
  readonly problems: readonly string[];
}> {
  const kind = kindOf(configuration);
  if (vaults.every((vault) => kind.query(vault, configuration) !== undefined))
    return { inputs: new Map(), problems: [] };
  const signals = new StopSignals();
  try {
    const { findings, sizes } = await kind.check(
      {
        ...{ settings: configuration, vaults, precount: command.precount, onlyIdentity: true },
        proxy: proxies(process.env),
        fingerprints: Fingerprints.of(fingerprintKey, 'this user'),
      },
      signals.stopping,
    );
    return {
      inputs: new Map([...sizes].map(([name, { inputs = [] }]) => [name, inputs])),
      problems: findings
        .filter(({ status }) => status === 'bad')
        .map(({ subject = '', message }) => `inputs of vault ${subject}: ${message}`),
    };
  } catch (error) {
    if (!signals.stopping.aborted) throw error;
    throw new SuperviseError('interrupted', 'stopped; nothing was sent');
  } finally {
    signals.close();
  }
}

/** Fingerprints are made with a key of the user, on the machine. */
const elsewhere =
  'cannot be compared, the plan was made by another user or on another machine: plan where it is loaded';

type Setting = LoadIntention['settings'][string];

/**
 * What is not as it was planned, each by its name, in words; of inputs only where both were looked at. A secret may be
 * another one by now (tokens expire): whose it is, is compared. Pure.
 */
export function planDifferences(planned: LoadIntention, now: LoadIntention): string[] {
  return [
    ...differ('program version', planned.program_version, now.program_version),
    ...differ('program commit', planned.program_commit, now.program_commit),
    ...differ('Node version', planned.node_version, now.node_version),
    ...Object.entries(planned.asked).flatMap(([flag, value]) =>
      differ(
        `--${flag.replaceAll('_', '-')}`,
        value,
        Object.entries(now.asked).find(([one]) => one === flag)?.[1],
      ),
    ),
    ...differ('credential', planned.credential, now.credential),
    ...differ('credential for looking up', planned.lookup_credential, now.lookup_credential),
    ...settingDifferences(planned.settings, now.settings),
    ...vaultDifferences(planned.vaults, now.vaults),
  ];
}

function settingDifferences(planned: LoadIntention['settings'], now: LoadIntention['settings']): string[] {
  const keys = [...new Set([...Object.keys(planned), ...Object.keys(now)])];
  return keys.flatMap((key) => {
    const [before, today] = [planned[key], now[key]];
    if (JSON.stringify(comparable(before)) === JSON.stringify(comparable(today))) return [];
    return [`${key}: planned ${describe(before)}, now ${describe(today)}`];
  });
}

function comparable(setting: Setting | undefined): unknown {
  if (setting === undefined) return 'nothing';
  return 'value' in setting ? { value: setting.value } : 'a secret';
}

function describe(setting: Setting | undefined): string {
  if (setting === undefined) return 'nothing';
  const text = 'value' in setting ? JSON.stringify(setting.value) : 'a secret';
  return `${text} (${setting.origin})`;
}

function vaultDifferences(planned: LoadIntention['vaults'], now: LoadIntention['vaults']): string[] {
  const names = [...new Set([...planned, ...now].map(({ name }) => name))];
  return names.flatMap((name) => {
    const [before, today] = [planned, now].map((vaults) => vaults.find((vault) => vault.name === name));
    if (before === undefined) return [`vault ${name}: was not planned`];
    if (today === undefined) return [`vault ${name}: was planned, and is not to be loaded`];
    return [
      ...(['id', 'table', 'column', 'sql'] as const).flatMap((key) =>
        differ(`${key} of vault ${name}`, before[key], today[key]),
      ),
      ...inputDifferences(name, before.inputs, today.inputs),
    ];
  });
}

function inputDifferences(
  name: string,
  planned: LoadIntention['vaults'][number]['inputs'],
  now: LoadIntention['vaults'][number]['inputs'],
): string[] {
  if (planned === null || now === null) return [];
  const roles = new Set(now.map(({ role }) => role));
  const gone = planned.find(({ role }) => !roles.has(role));
  if (gone !== undefined || new Set(planned.map(({ role }) => role)).size !== roles.size)
    return [`inputs of vault ${name}: planned ${roleWords(planned)}, now ${roleWords(now)}`];
  const moved = planned.flatMap((before, at) => {
    const today = now[at];
    return today === undefined ? [] : differ(`${before.role} of vault ${name}`, before.name, today.name);
  });
  if (moved.length > 0) return moved;
  try {
    assertSameInputs({ inputs: planned }, { inputs: now }, 'the plan');
    return [];
  } catch (error) {
    const { code, message } = errorFacts(error);
    return [`inputs of vault ${name}: ${code === 'storage' ? elsewhere : message}`];
  }
}

const roleWords = (inputs: readonly { readonly role: string }[]): string =>
  [...new Set(inputs.map(({ role }) => role))].join(' and ') || 'none';

function differ(what: string, planned: unknown, now: unknown): string[] {
  const [before, today] = [written(planned), written(now)];
  return before === today ? [] : [`${what}: planned ${before}, now ${today}`];
}

const written = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
