import { openPrivate } from '../../trust/open-private.js';
import { systemCode } from '../../errors/supervise-error.js';
import { JournalChain, readLinked, readPlain, storedChecksum } from '../journal-chain.js';
import { formatBody, type JournalLine } from '../journal-line.js';
import { parseFileLine, type FileLine } from './file-line.js';
import { readLines } from './journal-lines.js';
import type { LedgerHeader } from '../ledger-contract.js';
import { storageError } from '../storage-error.js';

/**
 * The lines of a damaged journal that prove themselves: each fits the checksum of the line before as it stands there,
 * and the header of this run and vault, and comes behind those before it. So damage costs the line that it is in, and
 * at most the next one. None when the file is missing or another run's; never throws for what is in it.
 */
export async function* salvageLines(
  file: string,
  header: LedgerHeader,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileLine> {
  const handle = await openPrivate(file, 'r').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw storageError('open', file, error);
  });
  if (handle === undefined) return;
  try {
    const seed = seedOf(formatBody({ kind: 'header', header }));
    let oldSeed: number | undefined;
    let before = 0;
    let sequence = 0;
    for await (const { line, isComplete } of readLines(file, handle, signal)) {
      const isFirst = sequence === 0 && before === 0;
      const linked =
        readLinked(line, before, isFirst ? 0 : seed) ??
        (oldSeed === undefined ? undefined : readLinked(line, before, oldSeed));
      const plain = linked === undefined ? readPlain(line, sequence + 1) : undefined;
      before = storedChecksum(line) ?? before;
      if (!isComplete) continue;
      if (isFirst && plain !== undefined && isHeaderOf(parseFileLine(plain.body).line, header))
        oldSeed = plain.checksum;
      const found = linked ?? (oldSeed === undefined ? undefined : plain);
      if (found === undefined || found.sequence <= sequence) continue;
      sequence = found.sequence;
      yield parseFileLine(found.body);
    }
  } finally {
    await handle.close();
  }
}

function seedOf(headerBody: string): number {
  const chain = new JournalChain();
  chain.seal(headerBody);
  return chain.mark.checksum;
}

function isHeaderOf(line: JournalLine, header: LedgerHeader): boolean {
  if (line.kind !== 'header') return false;
  const { runId, vaultName, vaultId } = line.header;
  return runId === header.runId && vaultName === header.vaultName && vaultId === header.vaultId;
}
