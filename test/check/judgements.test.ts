import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/source/finding.js';
import { sourceKinds } from '../../src/source/source-kinds.js';
import { judgeToken } from '../../supervisor/commands/check/check-credential.js';
import { diskNeedBytes } from '../../supervisor/commands/check/disk-need.js';
import { judgeClock } from '../../supervisor/commands/check/check-vaults.js';
import { judgeMachine, type IntendedWork } from '../../supervisor/commands/check/judge-machine.js';
import type { MachineFacts } from '../../supervisor/commands/check/machine-facts.js';
import { renderGroup, renderReadiness } from '../../supervisor/commands/check/render-check.js';

const gibibyte = 2 ** 30;
const enough: MachineFacts = {
  openFiles: 1024,
  coreBytes: 0,
  corePattern: 'core',
  swapBytes: 0,
  memory: { freeBytes: 8 * gibibyte, bound: 'machine' },
};
const fourVaults: IntendedWork = {
  children: 4,
  concurrency: 32,
  batchSize: 300,
  childBytes: sourceKinds.csv.childBytes,
};

/** Status by subject. */
function judged(facts: Partial<MachineFacts>, work: Partial<IntendedWork> = {}): Record<string, string> {
  const findings = judgeMachine({ ...enough, ...facts }, { ...fourVaults, ...work });
  return Object.fromEntries(findings.map(({ subject = '', status }) => [subject, status]));
}

test('a machine with enough of everything, swap and core dumps off, is good', () => {
  assert.deepEqual(new Set(Object.values(judged({}))), new Set(['good']));
});

test('open files are held against the connections of one child, since the limit is each process’s own', () => {
  assert.equal(judged({ openFiles: 128 })['open files'], 'good');
  assert.equal(judged({ openFiles: 64 })['open files'], 'bad');
  assert.equal(judged({ openFiles: 1024 }, { concurrency: 1000 })['open files'], 'bad');
  assert.equal(judged({ openFiles: Infinity }, { concurrency: 1024, children: 1000 })['open files'], 'good');
});

test('memory is a warning when it may become short, and a cross when not even empty children fit', () => {
  const free = (freeBytes: number) => ({ memory: { freeBytes, bound: 'cgroup' as const } });
  assert.equal(judged(free(2 * gibibyte))['memory'], 'good');
  assert.equal(judged(free(0.6 * gibibyte))['memory'], 'warn');
  assert.equal(judged(free(0.2 * gibibyte))['memory'], 'bad');
  assert.equal(judged(free(0.6 * gibibyte), { children: 1 })['memory'], 'good');
  assert.equal(
    judged(free(1.2 * gibibyte), { childBytes: sourceKinds.snowflake.childBytes })['memory'],
    'warn',
  );
});

test('swap and core dumps warn, and stop nothing', () => {
  assert.equal(judged({ swapBytes: gibibyte })['swap'], 'warn');
  assert.equal(judged({ coreBytes: Infinity })['core dumps'], 'warn');
  assert.equal(judged({ corePattern: '|/usr/share/apport/apport %p' })['core dumps'], 'warn');
});

test('what a system does not say is not checked, and is no cross', () => {
  const silent = judged({
    openFiles: undefined,
    coreBytes: undefined,
    corePattern: undefined,
    swapBytes: undefined,
    memory: undefined,
  });
  assert.deepEqual(new Set(Object.values(silent)), new Set(['not_checked']));
});

test('the smallest difference of clocks counts; minutes stop a service account and warn anybody else', () => {
  assert.deepEqual(judgeClock([], true), []);
  assert.equal(judgeClock([90_000, -1_200], true)[0]?.status, 'good');
  assert.equal(judgeClock([-10_000], true)[0]?.status, 'warn');
  assert.match(judgeClock([-10_000], true)[0]?.message ?? '', /^10s behind the vault's$/);
  assert.equal(judgeClock([600_000], true)[0]?.status, 'bad');
  assert.equal(judgeClock([600_000], false)[0]?.status, 'warn');
});

test('a token is judged by when it says that it expires, and not shown', () => {
  const nowMs = 1_700_000_000_000;
  const token = (expSeconds: number) =>
    ['{"alg":"HS256"}', `{"exp":${expSeconds}}`, 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
  const judge = (secondsLeft: number, renewal: 'none' | 'file' | 'never'): Finding =>
    judgeToken('bearer token', token(nowMs / 1000 + secondsLeft), { renewal, nowMs });
  assert.equal(judge(86_400, 'none').status, 'good');
  assert.equal(judge(600, 'none').status, 'warn');
  assert.equal(judge(600, 'file').status, 'good');
  assert.equal(judge(-1, 'file').status, 'bad');
  assert.equal(judge(-1, 'never').status, 'good');
  assert.equal(judgeToken('bearer token', 'opaque', { renewal: 'none', nowMs }).status, 'good');
  assert.doesNotMatch(judge(600, 'none').message, /eyJ|signature/);
});

test('disk space covers the journal of every row that is loaded, and at worst the error logs twice', () => {
  const base = diskNeedBytes([], settings(0, 10_000)).expectedBytes;
  const input = { rows: 5_000_000, bytes: 500_000_000 };
  const all = diskNeedBytes([input, input], settings(0, 10_000));
  assert.equal(all.expectedBytes - base, 10_000_000);
  assert.equal(all.worstBytes - all.expectedBytes, 2 * 2 * 10_000 * (2 * 100 + 500));
  const limited = diskNeedBytes([input], settings(1_000, '5%'));
  assert.equal(limited.expectedBytes - base, 1_000);
  assert.equal(limited.worstBytes - limited.expectedBytes, 2 * 50 * 700);
  const uncounted = diskNeedBytes([{ rows: undefined, bytes: 0 }], settings(2_000, 10));
  assert.equal(uncounted.expectedBytes - base, 2_000);
  const query = diskNeedBytes([{ rows: undefined, bytes: 0 }], settings(0, 10_000));
  assert.equal(query.expectedBytes, base);
  assert.equal(
    query.worstBytes - base,
    2 * 10_000 * 700,
    'nobody knows its rows, but its failures are bounded',
  );
});

function settings(maxRecords: number, maxErrors: number | string): Parameters<typeof diskNeedBytes>[1] {
  return {
    max_records: maxRecords,
    max_errors: maxErrors,
    batch_size: 300,
    max_batch_bytes: 4_194_304,
    max_concurrency: 32,
    base_delay_ms: 0,
    max_attempts: 5,
    request_timeout_ms: 1_000,
    connect_timeout_ms: 1_000,
    headers_timeout_ms: 1_000,
    body_timeout_ms: 1_000,
    http_version: '1.1',
    share_limits: false,
    heartbeat_ms: 30_000,
    max_restarts: 3,
  };
}

test('findings are shown in 80 columns with a mark each, and what to do below a cross', () => {
  const long = 'a word and another '.repeat(12).trim();
  const findings: Finding[] = [
    { status: 'good', subject: 'NAME', message: 'there', hint: 'not shown beside a tick' },
    { status: 'warn', message: long, hint: long },
    { status: 'bad', subject: 'SSN', message: `vault SSN: wrong\nThe SQL was:\nSELECT 1`, hint: 'mend it' },
    { status: 'not_checked', message: 'not checked: needs the rest' },
  ];
  const plain = renderGroup({ group: 'Vaults', findings }, { unicode: false, color: false });
  for (const line of plain.split('\n')) assert.ok(line.length <= 80, line);
  assert.equal(Buffer.byteLength(plain), plain.length, 'nothing but ASCII');
  assert.match(plain, /^Vaults\n {2}\+ NAME: there\n {2}! a word/);
  assert.match(
    plain,
    /\n {2}x SSN: wrong\n {4}> mend it --verbose shows the SQL\.\n {2}- not checked: needs/,
  );
  assert.doesNotMatch(plain, /SELECT|not shown/);
  const verbose = renderGroup(
    { group: 'Vaults', findings },
    { unicode: true, color: false },
    { isVerbose: true },
  );
  assert.match(verbose, /✖ SSN: wrong\n {4}The SQL was:\n {4}SELECT 1\n {4}> mend it\n {2}– not checked/);
  assert.match(
    renderReadiness(findings, { unicode: true, color: false }),
    /^✖ Not ready: 1 problem \(1 warning, 1 not checked\)\. Nothing was sent\.\n$/,
  );
  const alike = ['SSN', 'NAM', 'DL'].map((subject): Finding => ({
    status: 'bad',
    subject,
    message: 'refused',
  }));
  assert.match(renderReadiness(alike, { unicode: true, color: false }), /: 1 problem\. /, 'of three vaults');
});

test('what was found alike of several vaults is said once, with their names', () => {
  const refused = (subject: string, id: string): Finding => ({
    status: 'bad',
    subject,
    message: `vault ${subject}: HTTP 401 (request ${id})`,
    hint: 'Get a new token.',
  });
  const findings = [
    refused('NAME', 'a1'),
    refused('SSN', 'b2'),
    { ...refused('DOB', 'c3'), message: 'gone' },
  ];
  assert.equal(
    renderGroup({ group: 'Vaults', findings }, { unicode: true, color: false }),
    'Vaults\n  ✖ NAME, SSN: HTTP 401 (request a1 and 1 other)\n    > Get a new token.\n  ✖ DOB: gone\n    > Get a new token.\n\n',
  );
});

test('lines of a check are broken once, by what is seen of them: a path from the folder, no details of what is good', () => {
  const style = { unicode: true, color: false };
  const findings = [
    { status: 'good', subject: 'run directory', message: '/a/long/folder/of/x/runs: can be written' },
    { status: 'good', subject: 'session', message: 'a load sets the time zone:\nTIMEZONE = UTC' },
  ] as const;
  const layout = { columns: 44, folder: '/a/long/folder/of/x' };
  assert.equal(
    renderGroup({ group: 'G', findings }, style, layout),
    'G\n  ✔ run directory: runs: can be written\n  ✔ session: a load sets the time zone\n    (--verbose shows it)\n\n',
  );
  assert.match(
    renderGroup({ group: 'G', findings }, style, { ...layout, isVerbose: true }),
    /sets the time zone:\n {4}TIMEZONE = UTC\n/,
  );
});
