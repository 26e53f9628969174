import { resolve } from 'node:path';
import type { Configuration, Origins, VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import type { InputIdentity } from '../../../src/source/input-identity.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { proxies } from '../../../src/vault/proxy-choice.js';
import { StopSignals } from '../../process/stop-signals.js';
import { describeAuthority } from '../../run/describe-credential.js';
import type { LoadCommand } from '../load/definition.js';
import { loadIntention } from './load-intention.js';
import { planDifferences } from './plan-differences.js';
import { readPlan } from './plan-format.js';

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
