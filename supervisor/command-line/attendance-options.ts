import { isLoopbackBeat } from '../events/beat-url.js';
import { page, type PageWish } from './page-option.js';
import { onOff, text, wholeNumber, type Option } from './option.js';

// What commands that start children take, so that others are kept informed of the run, and nobody has to stay.

/** Where the figures of a run can be scraped. */
export interface MetricsWish {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** When a run may begin, is to stop, and should be at its end. */
export interface Schedule {
  readonly notBefore: Date | undefined;
  readonly stopAt: Date | undefined;
  readonly finishBy: Date | undefined;
}

/** A line for the shell, or a URL of this machine. */
export type HeartbeatWish = { readonly command: string } | { readonly url: string };

/** Who is kept informed of a run, besides the person who looks at it. */
export interface Attended {
  readonly page: PageWish | undefined;
  readonly metrics: MetricsWish | undefined;
  /** A line for the shell, run when the run is done, paused or failed. */
  readonly onEvent: string | undefined;
  /** Who hears once a minute that the run goes on. */
  readonly heartbeat: HeartbeatWish | undefined;
  /** One JSON line for each event, on stderr or in a file. */
  readonly log: { readonly file: string | undefined } | undefined;
  readonly schedule: Schedule;
}

/** Going on without the terminal. */
export interface OfflineWish {
  /** Undefined: named after the program and the time. */
  readonly logFile: string | undefined;
  /** What files are called that nobody has named; scripts written for the replaced loader find them under its name. */
  readonly filesOf: 'skyflow-supervise' | 'skyflow-loader';
  readonly pidFile: string;
}

const unattended = { group: 'unattended' } as const;
const isOffline = onOff(
  '--offline',
  'Go on in the background, whatever becomes of the terminal.',
  unattended,
);
const logFile = text(
  '--log-file',
  'FILE',
  'Where --offline writes (default: skyflow-supervise-YYYYMMDD-HHMMSS.log).',
  unattended,
);
const pidFile = text(
  '--pid-file',
  'FILE',
  'Where --offline says which process it is (default: skyflow-supervise.pid).',
  unattended,
);
const metricsPort = wholeNumber(
  '--metrics-port',
  'Serve figures for Prometheus on this port; 0 is any free one.',
  { ...unattended, placeholder: 'PORT', minimum: 0, maximum: 65_535 },
);
const metricsHost = text(
  '--metrics-host',
  'HOST',
  'Address to serve them on (default: 127.0.0.1).',
  unattended,
);

function moment(name: `--${string}`, description: string): Option<Date | undefined> {
  const option = text(name, 'TIME', description, unattended);
  return {
    ...option,
    read: (words) => {
      const given = option.read(words);
      const at = given === undefined ? undefined : parseMoment(given, new Date());
      if (given !== undefined && at === undefined)
        throw words.refusal(`${name} ${given}: a time such as 06:00 or 2027-01-02T06:00 is meant`);
      return at;
    },
  };
}

const notBefore = moment(
  '--not-before',
  'Begin to send at TIME (06:00, or 2027-01-02T06:00), after the checks.',
);
const stopAt = moment('--stop-at', 'Stop in order at TIME, resumable, as by an interrupt.');
const finishBy = moment('--finish-by', 'Say early when the run will not be at its end by TIME.');

const heartbeatCommand = text(
  '--heartbeat-command',
  'COMMAND',
  'Run COMMAND in a shell once a minute as long as the run goes on; not while it stands still or waits.',
  unattended,
);
const heartbeatUrl = text(
  '--heartbeat-url',
  'URL',
  'The same as a POST to an http URL of this machine (loopback).',
  unattended,
);

const log = text(
  '--log',
  'json[:FILE]',
  'One JSON line for each event, on stderr or appended to FILE.',
  unattended,
);

/** Going on without a terminal, and keeping others informed. */
export const attendance = {
  page,
  offline: {
    flags: [isOffline, logFile, pidFile].flatMap(({ flags }) => flags),
    needs: [
      ['--log-file', '--offline'],
      ['--pid-file', '--offline'],
    ],
    read: (words) => {
      if (!isOffline.read(words)) return undefined;
      const filesOf = words.saysAsBefore('--offline') ? 'skyflow-loader' : 'skyflow-supervise';
      return { logFile: logFile.read(words), filesOf, pidFile: pidFile.read(words) ?? `${filesOf}.pid` };
    },
  } satisfies Option<OfflineWish | undefined>,
  metrics: {
    flags: [...metricsPort.flags, ...metricsHost.flags],
    needs: [['--metrics-host', '--metrics-port']],
    read: (words) => {
      const port = metricsPort.read(words);
      return port === undefined ? undefined : { port, host: metricsHost.read(words) ?? '127.0.0.1' };
    },
  } satisfies Option<MetricsWish | undefined>,
  onEvent: text(
    '--on-event',
    'COMMAND',
    'Run COMMAND in a shell when the run is done, paused or failed; it finds facts in SUPERVISE_* variables.',
    unattended,
  ),
  heartbeat: {
    flags: [...heartbeatCommand.flags, ...heartbeatUrl.flags],
    conflicts: [['--heartbeat-command', '--heartbeat-url']],
    read: (words) => {
      const [command, url] = [heartbeatCommand.read(words), heartbeatUrl.read(words)];
      if (url !== undefined && !isLoopbackBeat(url))
        throw words.refusal(
          '--heartbeat-url: an http URL of this machine is meant, such as http://127.0.0.1:8080/beat',
        );
      return url !== undefined ? { url } : command === undefined ? undefined : { command };
    },
  } satisfies Option<HeartbeatWish | undefined>,
  log: {
    ...log,
    read: (words) => {
      const given = log.read(words);
      if (given === undefined) return undefined;
      const [, file] = /^json(?::(.+))?$/.exec(given) ?? [given, ''];
      if (file === '') throw words.refusal(`--log ${given}: json or json:FILE is meant`);
      return { file };
    },
  } satisfies Option<Attended['log']>,
  schedule: {
    flags: [notBefore, stopAt, finishBy].flatMap(({ flags }) => flags),
    read: (words) => ({
      notBefore: notBefore.read(words),
      stopAt: stopAt.read(words),
      finishBy: finishBy.read(words),
    }),
  } satisfies Option<Schedule>,
};

/**
 * A moment as people give it: `06:00` (the next time that the clock of this machine says so), or a date with time in ISO
 * 8601 (`2027-01-02T06:00`, local unless it says otherwise). Undefined for what is none.
 */
export function parseMoment(text: string, now: Date): Date | undefined {
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (clock === null) {
    const at = new Date(text);
    return /^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(at.getTime()) ? at : undefined;
  }
  const [hours, minutes] = [Number(clock[1]), Number(clock[2])];
  if (hours > 23 || minutes > 59) return undefined;
  const at = new Date(now);
  at.setHours(hours, minutes, 0, 0);
  if (at <= now) at.setDate(at.getDate() + 1);
  return at;
}
