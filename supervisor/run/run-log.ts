import { renameSync } from 'node:fs';
import { pino, type Logger } from 'pino';

const maxLogBytes = 16 << 20;

/** `run.log`: what happened in a run, JSON lines of mode 0600; a full one becomes `run.log.1`, once. */
export interface RunLog {
  readonly logger: Logger;
  close(): void;
}

/** For commands that make no run: nothing is written. */
export function noRunLog(): RunLog {
  return { logger: pino({ enabled: false }), close: () => undefined };
}

export function openRunLog(file: string): RunLog {
  const destination = pino.destination({ dest: file, sync: true, append: true, mode: 0o600 });
  // A run does not end because its log cannot be written (a full disk).
  destination.on('error', () => undefined);
  let writtenBytes = 0;
  destination.on('write', (bytes: number) => {
    writtenBytes += bytes;
    if (writtenBytes < maxLogBytes) return;
    writtenBytes = 0;
    renameSync(file, `${file}.1`);
    destination.reopen();
  });
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    logger,
    close: () => {
      destination.flushSync();
      destination.end();
    },
  };
}
