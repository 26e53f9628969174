import * as z from 'zod';
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
