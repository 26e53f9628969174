import { statSync, type Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import Conf from 'conf';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { assertTrustedPath } from '../trust/open-trusted.js';
import { strangersMayRead } from '../trust/strangers.js';
import { ConfigurationError } from './configuration-error.js';
import { locateJsonError } from './locate-json-error.js';

export interface ConfigurationFile {
  /** As it was given: the origin of every setting from it. */
  readonly name: string;
  /** What the JSON says, unchecked. */
  readonly content: unknown;
  /** The permission bits of the file itself, not of a link to it. */
  readonly mode: number;
  /** Whether others on this machine may read it. */
  readonly othersMayRead: boolean;
}

function unreadable(name: string, found: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    [{ key: name, found, allowed: 'a configuration file that can be read' }],
    cause === undefined ? {} : { cause },
  );
}

function missing(name: string): SuperviseError {
  return new SuperviseError('config', `there is no configuration file ${name}`, {
    hint:
      'Name another with --config FILE, or try the program without any: skyflow-supervise demo\n' +
      'Make one by answering questions: skyflow-supervise init',
  });
}

function statFile(name: string): Stats {
  try {
    return statSync(name);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw missing(name);
    throw unreadable(name, `a file that cannot be looked at (${code ?? 'unknown error'})`, error);
  }
}

function parse(name: string, text: string): unknown {
  const withoutMark = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const error = locateJsonError(withoutMark);
  if (error === undefined) return JSON.parse(withoutMark);
  throw new ConfigurationError([
    {
      key: name,
      found: `a mistake in line ${error.line}, column ${error.column}: ${error.reason}`,
      allowed: 'JSON',
    },
  ]);
}

/**
 * Reads a configuration file through `conf`, which is kept from ever writing: it gets no defaults, no migrations
 * and no schema (each of which would write the file), does not clear what it cannot read, and its `serialize`,
 * without which it cannot write, refuses. Since conf makes directories for a file that is missing, the file is
 * looked at first. Throws a SuperviseError `config`, also for a file that others may write.
 */
export function readConfigurationFile(name: string): ConfigurationFile {
  const path = resolve(name);
  const stats = statFile(path);
  if (stats.isDirectory()) throw unreadable(name, 'a directory');
  assertTrustedPath(path);
  let content: { readonly parsed: unknown } | undefined;
  try {
    new Conf({
      cwd: dirname(path),
      configName: basename(path),
      fileExtension: '',
      clearInvalidConfig: false,
      // conf compares what it is given with itself: an empty object keeps odd content out of that.
      deserialize: (text) => {
        content = { parsed: parse(name, text) };
        return {};
      },
      serialize: () => {
        throw new SuperviseError('internal', 'the configuration file is read, never written');
      },
    });
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw unreadable(name, `a file that cannot be read (${systemCode(error) ?? 'unknown error'})`, error);
  }
  if (content === undefined) throw missing(name);
  return { name, content: content.parsed, mode: stats.mode & 0o777, othersMayRead: strangersMayRead(stats) };
}
