import * as z from 'zod';
import { wireKeys, wireNames, wires } from '../vault/wires.js';
import { secretCommand } from './secret-command.js';
import { vaultSourceKeys } from '../source/source-settings.js';

const vaultSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .meta({
      description:
        'Name of the vault for people, for `--vault` and for file names; NAME, ID, DOB, SSN or any other.',
      allowed: 'up to 64 letters, digits, _ and -',
    }),
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/)
    .meta({ description: 'Vault ID as Skyflow shows it.', allowed: 'a vault ID: letters, digits, _ and -' }),
  column: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)
    .meta({
      description: 'Column of the vault that takes the values.',
      allowed: 'the name of a column: letters, digits, _, - and .',
    }),
  table: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)
    .optional()
    .meta({
      description: 'Table of the vault.',
      defaultText: 'the column',
      allowed: 'the name of a table: letters, digits, _, - and .',
    }),
  ...vaultSourceKeys,
  allow_destructive: z.boolean().default(false).meta({
    description: 'Whether commands that delete records may touch this vault.',
  }),
});

/** The list `skyflow.vaults`, of any length. */
export const vaultsSchema = z.array(vaultSchema).max(1000);

/** A vault as the schema leaves it, its defaults from other keys not yet filled in. */
export type ParsedVault = z.output<typeof vaultSchema>;

const context = z.string().min(1).max(10_000).optional();
const roles = z
  .string()
  .regex(/^[\w-]+(?:\s*,\s*[\w-]+)*$/)
  .max(10_000)
  .optional();

const wireForms = wireNames.map((name) => `${wires[name].form} (${name})`);
const wiresByHost = wireNames.flatMap((name) => {
  const { hosts } = wires[name];
  return hosts === undefined ? [] : `${name} for hosts such as ${hosts.example}`;
});

/** The keys of the section `skyflow`; `schema.ts` says what stands in their `meta`. */
export const skyflowKeys = z.strictObject({
  vault_url: z.string().optional().meta({
    today: 'place',
    description:
      'URL of the vaults, without a path: `https://<name>.vault.skyflowapis.com`. Plain http only towards this machine.',
    flag: '--vault-url',
    placeholder: 'URL',
    allowed: 'an https URL without user name, path or query, such as https://abc.vault.skyflowapis.com',
  }),
  bearer_token: z.string().max(100_000).optional().meta({
    description: 'Bearer token. Better given in the environment or by `bearer_token_file`.',
    flag: '--token',
    placeholder: 'TOKEN',
    secret: true,
  }),
  bearer_token_command: secretCommand(
    'bearer_token',
    'the bearer token; run again when the vault refuses the one before',
    '--token-command',
  ),
  bearer_token_file: z.string().optional().meta({
    file: 'secret',
    description: 'File that holds the bearer token, read again when the vault asks for a new one.',
    path: true,
    allowed: 'the path of a file',
  }),
  api_key: z
    .string()
    .max(100_000)
    .optional()
    .meta({ description: 'API key, which does not expire.', secret: true }),
  api_key_command: secretCommand('api_key', 'the API key'),
  credentials_file: z.string().optional().meta({
    file: 'secret',
    description: "A service account's `credentials.json`; its tokens are renewed before they expire.",
    path: true,
    allowed: 'the path of a file',
  }),
  credentials: z.string().max(100_000).optional().meta({
    description: "A service account's JSON as text; meant for the environment.",
    secret: true,
  }),
  credentials_command: secretCommand('credentials', "a service account's JSON"),
  credentials_context: context.meta({
    today: 'credential',
    description:
      'Of a context-aware service account: what goes into its assertion as `ctx`, a text or a JSON object.',
  }),
  credentials_roles: roles.meta({
    today: 'credential',
    description: 'Of a service account with several roles: the ids of those that its tokens are asked for.',
    allowed: 'ids of roles between commas',
  }),
  account_id: z
    .string()
    .regex(/^[\w.-]{1,128}$/)
    .optional()
    .meta({
      today: 'place',
      description:
        'Id of the Skyflow account, sent as `x-skyflow-account-id` with every request to the vault.',
      allowed: 'an account id, as the vault list of Skyflow shows it',
    }),
  vaults: vaultsSchema.default([]).meta({
    description: 'The vaults to load, in this order.',
    allowed: 'a list of vaults, each with name, id and column',
  }),
  byot: z.enum(['DISABLE', 'ENABLE', 'ENABLE_STRICT']).default('ENABLE').meta({
    description:
      "The vault's mode for tokens that are brought along; ENABLE_STRICT requires one for every field.",
  }),
  upsert: z.boolean().default(false).meta({
    description:
      "Update the record whose value is already there, by the vault's unique column, instead of inserting.",
    flag: '--upsert',
    flagGroup: 'safety',
  }),
  allow_token_change: z.boolean().default(false).meta({
    description:
      'With upsert: a value that is in the vault under another token may get the token of the input, if the vault does that. Without, such a load is refused.',
    flag: '--allow-token-change',
    flagGroup: 'safety',
  }),
  skip_existing: z.boolean().default(false).meta({
    description:
      'Look every record up before it is sent and insert only what the vault does not hold: for files that rows were added to.',
    flag: '--skip-existing',
    flagGroup: 'safety',
  }),
  record_ids: z.boolean().default(false).meta({
    description:
      "Keep each record's id in the vault, 16 bytes a row, in the run directory: `undo` can delete exactly these records again.",
    flag: '--record-ids',
    flagGroup: 'safety',
  }),
  wire: z
    .enum(['auto', ...wireNames])
    .default('auto')
    .meta({
      description: `Form of the requests: ${wireForms.join(', ')}; auto is ${wiresByHost.join(', ')}, else bulk.`,
    }),
  ...wireKeys,
  lookup_bearer_token: z.string().max(100_000).optional().meta({
    description:
      'Bearer token for looking records up, where reading needs another credential than inserting.',
    secret: true,
  }),
  lookup_bearer_token_command: secretCommand(
    'lookup_bearer_token',
    'the bearer token for looking records up',
  ),
  lookup_credentials_file: z.string().optional().meta({
    file: 'secret',
    description: "A service account's `credentials.json` for looking records up.",
    path: true,
    allowed: 'the path of a file',
  }),
  lookup_credentials_context: context.meta({
    today: 'credential',
    description: 'As `credentials_context`, of the service account for looking records up.',
  }),
  lookup_credentials_roles: roles.meta({
    today: 'credential',
    description: 'As `credentials_roles`, of the service account for looking records up.',
    allowed: 'ids of roles between commas',
  }),
  lookup: z.enum(['value', 'existence', 'unique_value']).default('value').meta({
    description:
      'What is asked about records whose answer is unknown: the value under their token; only whether there is one, for credentials that may not see values in plain text; or, of Flow vaults with a unique column, the record of their value.',
  }),
  auth_wait_ms: z.int().min(0).max(86_400_000).default(0).meta({
    description:
      'Milliseconds to wait for a changed credential file after the vault refused the one it took before; then the vault ends, resumable.',
    flag: '--auth-wait',
    flagGroup: 'safety',
  }),
  ca_file: z.string().optional().meta({
    file: 'trust',
    description: 'PEM file of a private certificate authority that is trusted besides the usual ones.',
    path: true,
    allowed: 'the path of a PEM file',
  }),
  allowed_hosts: z.string().max(10_000).optional().meta({
    today: 'place',
    description:
      'The hosts to which records and credentials may go, between commas: vault and token endpoint. `.suffix` allows every name below it. Nothing is sent to any other.',
    allowed: 'host names or addresses between commas, such as abc.vault.skyflowapis.com, .skyflowapis.com',
  }),
  in_doubt: z.enum(['hold', 'send']).default('hold').meta({
    description:
      'What becomes of records whose answer was lost and that the vault cannot be asked about: held back as failed, or sent again.',
    flag: '--in-doubt',
    flagGroup: 'safety',
  }),
  resend_mismatched: z.boolean().default(false).meta({
    description:
      'In a retry, send records again whose value the vault took under another token, once it is seen not to hold theirs: the value is then in it twice.',
    flag: '--resend-mismatched',
    flagGroup: 'safety',
  }),
  settle_ms: z.int().min(0).max(3_600_000).default(30_000).meta({
    description:
      'Milliseconds to wait before the vault is asked about records whose answer is unknown, since a lost request may commit late.',
  }),
});

/** The section `skyflow`. */
export const skyflowSection = skyflowKeys
  .prefault({})
  .meta({ description: 'The vaults and how to reach them.', variables: 'SKYFLOW_' });
