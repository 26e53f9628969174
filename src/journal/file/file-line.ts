import { formatBody, parseBody, type JournalLine, type WritableLine } from '../journal-line.js';

/** A line as it stands in a file: with it, up to which byte the error log is settled. */
export interface FileLine {
  readonly line: JournalLine;
  /** Up to the end of the error log's last entry; 0: there is no error log. */
  readonly logBytes: number;
}

const LOG = /^((?:settle|repair) .*) log=(\d{1,16})$/s;

/** `settle 300-600 uploaded=298 failed=2 entries=1 log=1843`. */
export function formatFileLine(line: WritableLine, logBytes: number): string {
  const body = formatBody(line);
  return logBytes > 0 && (line.kind === 'settle' || line.kind === 'repair')
    ? `${body} log=${logBytes}`
    : body;
}

export function parseFileLine(body: string): FileLine {
  const [, bare, logBytes] = LOG.exec(body) ?? [];
  return { line: parseBody(bare ?? body), logBytes: Number(logBytes ?? 0) };
}

/** What the lines of a journal say of the error log beside it. */
export class LogAccount {
  entries = 0;
  failedRecords = 0;
  logBytes = 0;

  /** Takes a line in; why it cannot follow the lines before it, or undefined. */
  take({ line, logBytes }: FileLine): string | undefined {
    if (line.kind === 'repair') {
      this.entries = line.entries;
      this.logBytes = logBytes;
    }
    if (line.kind !== 'settle') return undefined;
    const fits = line.entries > 0 ? logBytes > this.logBytes : logBytes === this.logBytes;
    if (!fits) return `rows ${line.range.start}-${line.range.end} do not fit the error log's length`;
    this.entries += line.entries;
    this.failedRecords += line.failed;
    this.logBytes = logBytes;
    return undefined;
  }
}
