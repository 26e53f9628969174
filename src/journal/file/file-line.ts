import { toHex } from '../journal-chain.js';
import { formatBody, parseBody, type JournalLine, type WritableLine } from '../journal-line.js';
import { NO_LOG, type LogMark } from './log-checksum.js';

/** A line as it stands in a file: with it, up to where the error log is settled. */
export interface FileLine {
  readonly line: JournalLine;
  readonly log: LogMark;
}

const LOG = /^((?:settle|repair) .*) log=(\d{1,16})(?::([0-9a-f]{8}))?$/s;

/** `settle 300-600 uploaded=298 failed=2 entries=1 log=1843:5d0b21aa`. */
export function formatFileLine(line: WritableLine, { bytes, checksum }: LogMark): string {
  const body = formatBody(line);
  if (bytes === 0 || (line.kind !== 'settle' && line.kind !== 'repair')) return body;
  return `${body} log=${bytes}${checksum === undefined ? '' : `:${toHex(checksum)}`}`;
}

export function parseFileLine(body: string): FileLine {
  const [, bare, bytes, checksum] = LOG.exec(body) ?? [];
  if (bytes === undefined) return { line: parseBody(body), log: NO_LOG };
  return {
    line: parseBody(bare ?? body),
    log: {
      bytes: Number(bytes),
      checksum: checksum === undefined ? undefined : Number.parseInt(checksum, 16),
    },
  };
}

/** What the lines of a journal say of the error log beside it. */
export class LogAccount {
  entries = 0;
  failedRecords = 0;
  mark: LogMark = NO_LOG;

  /** Takes a line in; why it cannot follow the lines before it, or undefined. */
  take({ line, log }: FileLine): string | undefined {
    if (line.kind === 'repair') {
      this.entries = line.entries;
      this.mark = log;
    }
    if (line.kind !== 'settle') return undefined;
    const fits = line.entries > 0 ? log.bytes > this.mark.bytes : log.bytes === this.mark.bytes;
    if (!fits) return `rows ${line.range.start}-${line.range.end} do not fit the error log's length`;
    this.entries += line.entries;
    this.failedRecords += line.failed;
    if (line.entries > 0) this.mark = log;
    return undefined;
  }
}
