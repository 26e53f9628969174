import { notMine, type SourceReader } from '../source-kind.js';

/** Error logs whose records are sent again: what `retry` names, not what a configuration does. */
export const errorLogReader: SourceReader = {
  open: async (spec, { vault, maxBatchBytes, fingerprints }) => {
    if (spec.kind !== 'error_log') throw notMine(spec);
    const { openErrorLogSource } = await import('./error-log-source.js');
    const { createRowLookup: readAgain } = await import('./origin-rows.js');
    return openErrorLogSource({ ...spec, vault, maxBatchBytes, fingerprints, readAgain });
  },
  wasRefused: true,
};
