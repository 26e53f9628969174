/** A format that runs are written in: how it is told apart, and what becomes of one that another version wrote. */
export interface RunFormat {
  readonly name: string;
  readonly today: string;
  /** Written by an earlier version. */
  readonly earlier: string;
  /** Written by a later version. */
  readonly later: string;
}

/** A note for each format. A newer program reads what an older one wrote; an older one refuses what it does not know. */
export const RUN_FORMATS: readonly RunFormat[] = [
  {
    name: '`run.json`',
    today: '1; 0.1 had no checksum',
    earlier: 'read where the run has no `fingerprint.key`; it gets its checksum when it is next written',
    later: 'an unknown key or version is refused, with the version that may go on',
  },
  {
    name: 'journal',
    today: '2, lines chained; 1 (0.1) wrote each for itself',
    earlier: 'gone on with, and chained from then on',
    later: 'a line that is not known is refused: "written by another version of this program"',
  },
  {
    name: '`pieces_*.json`, fingerprints',
    today: 'keyed, by GMAC; 0.1 wrote SHA-256',
    earlier: 'compared as they were made',
    later: '`pieces_*.json` counts as not there; the fingerprints in the journal decide',
  },
  {
    name: 'error logs',
    today: '1, and those of the loader that this replaces',
    earlier: '`retry` reads both',
    later: 'an entry of another version is refused: "Use the version that wrote it"',
  },
  {
    name: '`control.json`, notes beside runs',
    today: '1',
    earlier: '-',
    later: 'an order is not followed; a note that is not understood stops a load of that directory',
  },
  {
    name: '`verification.json`, `undo.json`, `undo_*.log`',
    today: '1',
    earlier: '-',
    later: 'refused',
  },
  {
    name: '`verification_*.log`, `sample_verification_*.log`',
    today: '2',
    earlier: '1 is read',
    later: 'refused',
  },
  {
    name: '`ids_*.bin`',
    today: '2, each block sealed',
    earlier: '-',
    later: 'refused',
  },
  {
    name: '`report_signature.json`',
    today: '1',
    earlier: '-',
    later: 'said to be no signature of the key',
  },
  {
    name: 'plans (`plan --out`)',
    today: '1',
    earlier: '-',
    later: 'refused, and so is one that another version of the program made: plan again',
  },
  {
    name: '`summary.json`, `status.json`, `timeline.jsonl`',
    today: '1',
    earlier: 'replaced by the next command; nothing is gone on with by them',
    later: 'the same',
  },
  {
    name: 'store (PostgreSQL)',
    today: '1',
    earlier: '-',
    later: 'refused: the store is worked with by the version that made it alone',
  },
];

/** Which versions may go on with a run that this version was the last to write to, in words. */
export function mayGoOn(version: string): string {
  return `version ${version}, or a newer one`;
}
