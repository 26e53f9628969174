import { defineCommand, type GivenTo } from '../../command-line/define-command.js';
import { optionalWord, wholeNumber } from '../../command-line/option.js';
import {
  config,
  deleteBatchSize,
  manyRecords,
  paceKeys,
  takesSettings,
  talk,
  useCurrentConfig,
  vaultNames,
} from '../../command-line/shared-options.js';

export const undo = defineCommand({
  name: 'undo',
  summary: 'delete exactly the records that a run has inserted',
  description:
    'Of a run with --record-ids: deletes each record whose id it has kept, and nothing else, after the name of each vault and ' +
    'the number of records were typed. The same command goes on where it was stopped or killed.',
  options: {
    run: optionalWord('[RUN]'),
    vaults: vaultNames,
    config,
    settings: takesSettings(
      'performance.max_concurrency',
      ...paceKeys,
      'skyflow.bearer_token',
      'skyflow.bearer_token_command',
      'run_dir',
    ),
    yesDelete: wholeNumber(
      '--yes-delete',
      'For automation: that N records are to be deleted, of all these vaults together. Another number deletes none.',
      { group: 'safety', minimum: 0, maximum: manyRecords },
    ),
    deleteBatchSize,
    useCurrentConfig,
    ...talk,
  },
  examples: [
    'skyflow-supervise undo 20260102T030405Z-1a2b3c4d',
    'skyflow-supervise undo 20260102T030405Z-1a2b3c4d --yes-delete 100000',
  ],
});

export type UndoCommand = GivenTo<typeof undo>;
