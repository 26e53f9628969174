import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { parseCommandLine } from '../../supervisor/command-line/parse-command-line.js';
import type { CommandDefinition } from '../../supervisor/command-line/define-command.js';
import { clear } from '../../supervisor/commands/clear/definition.js';
import { demo } from '../../supervisor/commands/demo/definition.js';
import { generate } from '../../supervisor/commands/generate/definition.js';
import { load } from '../../supervisor/commands/load/definition.js';
import { program } from '../../supervisor/commands/program.js';
import { report } from '../../supervisor/commands/report/definition.js';
import { resume } from '../../supervisor/commands/resume/definition.js';
import { retry } from '../../supervisor/commands/retry/definition.js';
import { sandbox } from '../../supervisor/commands/sandbox/definition.js';
import { version } from '../../supervisor/commands/help/definition.js';

/** Parses words separated by blanks, expects this command, and says what it is given. */
function parse<Told>(expected: CommandDefinition<Told>, line: string): Told {
  const { command, words } = parseCommandLine(line === '' ? [] : line.split(' '), program);
  assert.equal(command.name, expected.name);
  return expected.read(words);
}

function refusal(...argv: string[]): SuperviseError {
  try {
    const { command, words } = parseCommandLine(argv, program);
    command.read(words);
  } catch (error) {
    assert.ok(error instanceof SuperviseError);
    assert.equal(error.code, 'usage');
    return error;
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
}

test('without a command a load is meant, of all vaults unless some are named', () => {
  assert.equal(parse(load, '').vaults, undefined);
  assert.equal(parse(load, '--all').vaults, undefined);
  assert.deepEqual(parse(load, '--vault ssn').vaults, ['ssn']);
  assert.deepEqual(parse(load, '-vault=SSN,dob load --vault Name').vaults, ['SSN', 'dob', 'Name']);
  assert.deepEqual(parse(load, '').config, { file: 'config.json', wasNamed: false });
  assert.deepEqual(parse(load, '-config x.json').config, { file: 'x.json', wasNamed: true });
});

test("every flag of the reference's README is a setting, in its own spelling", () => {
  const { settings } = parse(
    load,
    '-token T -source snowflake -vault-url U -data-dir D -sf-user u -sf-password p -sf-authenticator a -sf-account c ' +
      '-sf-warehouse w -sf-database d -sf-schema s -sf-role r -sf-fetch-size 1 -sf-query-mode union -batch-size 2 ' +
      '-concurrency 3 -max-records 4 -append-suffix=false -base-delay-ms 5 -upsert -sf-table t -sf-clm-table x ' +
      '-sf-mbr-table y -start-record 6 -end-record 7',
  );
  assert.deepEqual(settings, {
    'skyflow.bearer_token': 'T',
    source: 'snowflake',
    'skyflow.vault_url': 'U',
    'csv.data_directory': 'D',
    'snowflake.user': 'u',
    'snowflake.password': 'p',
    'snowflake.authenticator': 'a',
    'snowflake.account': 'c',
    'snowflake.warehouse': 'w',
    'snowflake.database': 'd',
    'snowflake.schema': 's',
    'snowflake.role': 'r',
    'snowflake.fetch_size': '1',
    'snowflake.query_mode': 'union',
    'performance.batch_size': '2',
    'performance.max_concurrency': '3',
    'performance.max_records': '4',
    'performance.append_suffix': 'false',
    'performance.base_delay_ms': '5',
    'skyflow.upsert': 'true',
    'snowflake.table': 't',
    'snowflake.clm_table': 'x',
    'snowflake.mbr_table': 'y',
    'performance.start_record': '6',
    'performance.end_record': '7',
  });
});

test("the reference's utility flags mean the commands", () => {
  assert.equal(parse(generate, '-generate 10000 -data-dir x').count, 10_000);
  const again = parse(retry, '-source error-log -error-log a.json -error-log=b.json --yes');
  assert.deepEqual([again.files, again.yes, again.settings], [['a.json', 'b.json'], true, {}]);
  const cleared = parse(clear, '-clear -vault ssn -max-records 5 -batch-size=300 -source csv');
  assert.deepEqual([cleared.byOldFlag, cleared.maxRecords, cleared.vaults], [true, undefined, ['ssn']]);
  assert.match(refusal('clear', '--batch-size=3').message, /--batch-size/);
  assert.deepEqual(parse(load, '-clear=false').settings, {});
  assert.match(refusal('-clear=maybe').message, /true or false/);
  // Files are named after the replaced loader only where the flag is written as for it.
  for (const [written, filesOf] of [
    ['-offline', 'skyflow-loader'],
    ['-offline=true', 'skyflow-loader'],
    ['--offline', 'skyflow-supervise'],
    ['-vault ssn --offline', 'skyflow-supervise'],
  ] as const) {
    const offline = { logFile: undefined, filesOf, pidFile: `${filesOf}.pid` };
    assert.deepEqual(parse(load, written).offline, offline, written);
  }
  assert.equal(parse(load, '-offline --pid-file mine').offline?.pidFile, 'mine');
  assert.match(refusal('--source', 'error-log').message, /needs --error-log FILE/);
});

test('the switches of a load', () => {
  const plain = parse(load, '');
  assert.deepEqual(
    [plain.precount, plain.maxParallelVaults, plain.verbosity, plain.json],
    [true, undefined, 'normal', false],
  );
  const set = parse(load, '--no-precount --sequential --quiet --json --new-run --yes');
  assert.deepEqual(
    [set.precount, set.maxParallelVaults, set.verbosity, set.json, set.newRun, set.yes],
    [false, 1, 'quiet', true, true, true],
  );
  assert.equal(parse(load, '--max-parallel-vaults 3 --sequential=false').maxParallelVaults, 3);
});

test('the other commands and their words', () => {
  assert.equal(parse(resume, 'resume').run, undefined);
  assert.equal(parse(resume, '--json resume R --batch-size 5').run, 'R');
  assert.deepEqual(parse(retry, 'retry a b').files, ['a', 'b']);
  assert.equal(parse(report, 'report R').run, 'R');
  assert.deepEqual([parse(demo, 'demo').records, parse(demo, 'demo --records 10').records], [25_000, 10]);
  assert.deepEqual(parse(sandbox, 'sandbox --port 8 --tls --option a=b=c --option d=').options, {
    a: 'b=c',
    d: '',
  });
  const { count, seed, force } = parse(generate, 'generate 5 --count 5 --seed 7 --force');
  assert.deepEqual([count, seed, force], [5, 7, true]);
  for (const line of ['-V', '--version', '-version', 'version']) assert.deepEqual(parse(version, line), {});
});

test('what excludes each other is refused', () => {
  assert.match(refusal('--all', '--vault', 'x').message, /--all and --vault/);
  assert.match(
    refusal('--sequential', '--max-parallel-vaults', '1').message,
    /--sequential and --max-parallel-vaults/,
  );
  assert.match(refusal('--quiet', '--verbose').message, /--quiet and --verbose/);
  assert.match(refusal('generate', '5', '--count', '6').message, /N is 5, but --count is 6/);
});

test('an unknown flag is told with the nearest one, or with the command that takes it', () => {
  assert.match(refusal('--batchsize', '3').hint ?? '', /Did you mean --batch-size\?/);
  assert.match(refusal('-tokn=hunter2').hint ?? '', /Did you mean --token\?/);
  assert.match(refusal('--port', '1').hint ?? '', /It belongs to sandbox/);
  assert.match(refusal('demo', '--vault', 'x').message, /demo takes no --vault/);
  assert.match(refusal('--xyzzy').message, /unknown flag --xyzzy/);
});

test('an unknown command is told with the nearest one; other words that are too many are refused', () => {
  assert.match(refusal('resmue', '--keep').hint ?? '', /Did you mean resume\?/);
  assert.match(refusal('load', 'x').message, /unexpected word/);
  assert.match(refusal('generate').message, /needs the number/);
});

test('wrong values are refused with what is allowed', () => {
  assert.match(refusal('--max-parallel-vaults', '0').message, /from 1 to 1,000/);
  assert.match(refusal('--max-parallel-vaults', '-1').message, /"-1"/);
  assert.match(refusal('generate', '1e3').message, /whole number/);
  assert.match(refusal('demo', '--source', 'cvs').hint ?? '', /Did you mean csv\?/);
  assert.match(refusal('--json=maybe').message, /true or false/);
  assert.match(refusal('--vault', 'a,,b').message, /empty name/);
  assert.match(refusal('--config=').message, /an empty text/);
  assert.match(refusal('sandbox', '--option', 'x').message, /KEY=VALUE/);
});

test('a flag without its value is refused, even when another flag follows', () => {
  assert.match(refusal('--token').message, /--token needs TOKEN/);
  assert.match(refusal('--token', '--all').message, /--token needs TOKEN/);
  assert.match(refusal('--vault', '--', 'x').message, /--vault needs NAME/);
});

test('no refusal repeats what could be a secret', () => {
  const secret = 'hunter2.hunter2.hunter2.hunter2.hunter2';
  for (const argv of [
    [`--tokn=${secret}`],
    ['--tokn', secret],
    [secret],
    ['load', secret],
    [`--json=${secret}`],
    ['sandbox', '--option', secret],
    ['generate', secret],
  ]) {
    const { message, hint } = refusal(...argv);
    assert.doesNotMatch(`${message} ${hint ?? ''}`, /hunter2/);
  }
});

test('a wrong value of a setting is told by the configuration, with the flag it came from', () => {
  const { settings } = parse(load, '--source cvs --batch-size -1');
  assert.throws(
    () => loadConfiguration({ file: undefined, environment: {}, flags: settings }),
    (error) => {
      assert.ok(error instanceof ConfigurationError);
      const told = error.problems.map(({ where, suggestion }) => [where, suggestion]);
      assert.deepEqual(told.slice(0, 2), [
        ['flag --source', 'did you mean csv?'],
        ['flag --batch-size', undefined],
      ]);
      return true;
    },
  );
});
