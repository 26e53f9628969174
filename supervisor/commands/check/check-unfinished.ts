import { kindOf } from '../../../src/source/source-kinds.js';
import { findOverlap, type IntendedLoad } from '../resume/unfinished-runs.js';
import { shellWord } from '../../command-line/shell-word.js';
import type { Finding } from '../../../src/source/finding.js';
import type { CheckSubject } from './check-configuration.js';

/** Whether an unfinished run has loaded a part of the same input: a load would refuse to start beside it. */
export async function checkUnfinished({ settings, vaults }: CheckSubject): Promise<Finding[]> {
  const loads = vaults.map((vault): IntendedLoad => ({
    vaultId: vault.id,
    table: vault.table,
    files: [vault.csv.data_file, vault.csv.token_file],
    sql: kindOf(settings).query(vault, settings),
  }));
  const overlap = await findOverlap(settings.run_dir, loads);
  if (overlap === undefined) return [];
  const { run, vault } = overlap;
  return [
    {
      status: 'bad',
      subject: vault,
      message: `the unfinished run ${run.directory.runId} has loaded a part of this input`,
      hint: `Go on with it: skyflow-supervise resume ${shellWord(run.directory.path)}`,
    },
  ];
}
