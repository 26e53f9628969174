import { link, mkdtemp, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Settings } from '../../../src/config/configuration.js';
import { systemCode } from '../../../src/errors/supervise-error.js';
import { formatBytes } from '../../../src/report/format-numbers.js';
import type { Finding } from '../../../src/source/finding.js';
import type { InputSize } from '../../../src/source/source-kind.js';
import { diskNeedBytes } from './disk-need.js';

/**
 * Whether runs can be written: in the directory, or where it would be made, a file is made, synced, linked and renamed
 * as journals and locks are, and taken away again. Then the space for a run like this.
 */
export async function checkRunDirectory(
  settings: Settings,
  inputs: readonly InputSize[],
): Promise<readonly Finding[]> {
  const { run_dir: directory } = settings;
  const subject = 'run directory';
  const place = await nearestExisting(directory);
  const made = place === directory ? '' : ' (it will be made)';
  try {
    await tryFiles(place);
  } catch (error) {
    return [
      {
        status: 'bad',
        subject,
        message: `${place} cannot be written to as a run needs it (${systemCode(error) ?? 'unknown error'})`,
        hint: 'Name a directory on a local disk that you may write to: --run-dir, run_dir.',
      },
      { status: 'not_checked', subject: 'disk', message: 'not checked: needs a run directory' },
    ];
  }
  return [
    { status: 'good', subject, message: `${directory}: can be written${made}` },
    await judgeSpace(place, settings, inputs),
  ];
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const isThere = await stat(at).then(
      () => true,
      (error: unknown) => systemCode(error) !== 'ENOENT',
    );
    if (isThere || dirname(at) === at) return at;
  }
}

async function tryFiles(place: string): Promise<void> {
  const folder = await mkdtemp(join(place, '.skyflow-supervise-check-'));
  try {
    const [first, second, third] = ['a', 'b', 'c'].map((name) => join(folder, name));
    if (first === undefined || second === undefined || third === undefined) return;
    const file = await open(first, 'wx', 0o600);
    try {
      await file.write('a check\n');
      await file.datasync();
    } finally {
      await file.close();
    }
    await link(first, second);
    await rename(second, third);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function judgeSpace(place: string, settings: Settings, inputs: readonly InputSize[]): Promise<Finding> {
  const { bavail, bsize } = await statfs(place);
  const freeBytes = bavail * bsize;
  const { expectedBytes, worstBytes } = diskNeedBytes(inputs, settings.performance);
  const subject = 'disk';
  const free = `${formatBytes(freeBytes)} free`;
  const least = formatBytes(expectedBytes);
  const need = `needs ${least}, with max_errors failures ${formatBytes(worstBytes)}`;
  if (freeBytes < expectedBytes) {
    return {
      status: 'bad',
      subject,
      message: `needs ${least} even if no record fails; ${free}`,
      hint: 'Make room, or name another place with --run-dir.',
    };
  }
  if (freeBytes < worstBytes) {
    return {
      status: 'warn',
      subject,
      message: `${need}; ${free}`,
      hint: 'Make room, lower --max-errors, or name another place with --run-dir.',
    };
  }
  return {
    status: 'good',
    subject,
    message: `${need}; ${free}`,
  };
}
