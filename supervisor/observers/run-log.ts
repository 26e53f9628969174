import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { pino, type Logger } from 'pino';
import type { RunObserver } from './run-observer.js';

const maxLogBytes = 16 << 20;

/** `run.log`: what happened in a run, JSON lines of mode 0600; a full one becomes `run.log.1`, once. */
export interface RunLog {
  readonly logger: Logger;
  /** Notes in which phase a vault is, and what people are told. */
  readonly observer: RunObserver;
  close(): void;
}

/** For commands that make no run: nothing is written. */
export function noRunLog(): RunLog {
  return { logger: pino({ enabled: false }), observer: {}, close: () => undefined };
}

/** Never throws, and no call on it does: a run does not end, or wait, because its log cannot be written. */
export function openRunLog(file: string): RunLog {
  const lines = new LogFile(file);
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, lines);
  const phases = new Map<string, string>();
  return {
    logger,
    observer: {
      changed: (vault, { phase, status }) => {
        if (phases.get(vault) !== phase) logger.info({ vault, phase, status }, 'phase');
        phases.set(vault, phase);
      },
      notice: (level, text, vault) => logger[level]({ vault }, text),
    },
    close: () => lines.close(),
  };
}

/**
 * Takes a line in one write, tried once: pino's own destination sleeps and tries for ever when a disk is full. What is
 * lost is lost; a line that follows a torn one begins on a line of its own.
 */
class LogFile {
  readonly #file: string;
  #fd: number | undefined;
  #bytes = 0;
  #isTorn = false;

  constructor(file: string) {
    this.#file = file;
    this.#open();
  }

  write(line: string): void {
    try {
      if (this.#bytes >= maxLogBytes) this.#rotate();
      if (this.#fd === undefined) return;
      const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
      const written = writeSync(this.#fd, bytes);
      this.#bytes += written;
      this.#isTorn = written < bytes.length;
    } catch {
      return;
    }
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      if (fd !== undefined) closeSync(fd);
    } catch {
      return;
    }
  }

  /** Without waiting and through no link, whatever stands there: opening a pipe would wait for its reader. */
  #open(): void {
    const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOFOLLOW } = constants;
    try {
      this.#fd = openSync(this.#file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW, 0o600);
      this.#bytes = fstatSync(this.#fd).size;
    } catch {
      return;
    }
  }

  #rotate(): void {
    this.#bytes = 0;
    renameSync(this.#file, `${this.#file}.1`);
    this.close();
    this.#open();
  }
}
