import { resultsDatabase, type Engine } from './engine.js';
import type { SnowflakeSandboxOptions } from './options.js';
import { quoteLiteral } from './sql/tokens.js';

type SeedOptions = SnowflakeSandboxOptions['seed'];

const firstNames =
  'Ada Ben Chloe Dmitri Elena Farid Grace Hugo Ines Jonas Keiko Liam Maya Noor Oscar Priya Quinn Rosa Samuel Tara'.split(
    ' ',
  );
const lastNames =
  "Abbott Brandt Castillo Diaz Edwards Fischer Garcia Haddad Ivanov Jensen Kowalski Lopez Mbeki Nguyen O'Neill Park Quist Rossi Smith Tanaka".split(
    ' ',
  );

const udfs = {
  name: 'SKFL_MBR_NAME_DETOK',
  id: 'SKFL_MBR_IDENTIFIERS_DETOK',
  dob: 'SKFL_BIRTHDATE_DETOK',
  ssn: 'SKFL_SSN_DETOK',
} as const;
type Kind = keyof typeof udfs;

/** The token of a value: the same for equal values, names compared in upper case. NULL stays NULL. */
function token(kind: Kind, value: string): string {
  const text = kind === 'name' ? `upper(${value})` : `CAST(${value} AS VARCHAR)`;
  return `'tok_${kind}_' || md5('${kind}:' || ${text})`;
}

const oneOf = (names: readonly string[], index: string) =>
  `list_extract([${names.map(quoteLiteral).join(', ')}], 1 + CAST((${index}) % ${names.length} AS INTEGER))`;

/** SQL for the facts of person `p`, each a function of `p` and the seed alone. */
function person({ seed, typed }: SeedOptions) {
  const hash = (salt: string) => `hash(p, ${seed}, '${salt}')`;
  // Prime to the number of social security numbers there are, so that every person has another one.
  const serial = `((p * 7919 + ${seed}) % 888931098)`;
  const area = `(1 + ${serial} // 989901)`;
  const dob = `(DATE '1940-01-01' + CAST(${hash('dob')} % 25567 AS INTEGER))`;
  return {
    firstName: oneOf(firstNames, hash('first')),
    lastName: `${oneOf(lastNames, hash('last'))} || '-' || p`,
    middleInitial: `chr(65 + CAST(${hash('middle')} % 26 AS INTEGER))`,
    id: typed ? 'CAST(10000 + p AS DECIMAL(38, 0))' : 'CAST(10000 + p AS VARCHAR)',
    dob: typed ? dob : `CAST(${dob} AS VARCHAR)`,
    // Area 000, 666 and 9xx are never given out, nor are group 00 and serial 0000.
    ssn:
      `lpad(CAST(${area} + CASE WHEN ${area} >= 666 THEN 1 ELSE 0 END AS VARCHAR), 3, '0') || '-' || ` +
      `lpad(CAST(1 + (${serial} % 989901) // 9999 AS VARCHAR), 2, '0') || '-' || ` +
      `lpad(CAST(1 + ${serial} % 9999 AS VARCHAR), 4, '0')`,
  };
}

/** NULL on one row in `of`, drawn by seed and column. */
function sometimesNull(options: SeedOptions, column: string, of: number, expression: string): string {
  return `CASE WHEN hash(i, ${options.seed}, '${column}') % ${of} = 0 THEN NULL ELSE ${expression} END`;
}

interface Column {
  readonly name: string;
  readonly kind: Kind;
  readonly value: string;
}

interface Table {
  readonly name: string;
  readonly nulls: boolean;
}

/** CREATE TABLE of value columns and, beside each, its `<column>_TOKEN`. */
function createTable(options: SeedOptions, table: Table, from: string, columns: readonly Column[]): string {
  const cell = (column: string, nullOnOneIn: number, expression: string) =>
    `${table.nulls ? sometimesNull(options, column, nullOnOneIn, expression) : expression} AS ${column}`;
  const values = columns.map(({ name, value }) => cell(name, 50, value));
  const tokens = columns.map(({ name, kind }) => cell(`${name}_TOKEN`, 100, token(kind, name)));
  const names = columns.flatMap(({ name }) => [name, `${name}_TOKEN`]);
  return (
    `CREATE TABLE ${table.name} AS SELECT ${names.join(', ')} FROM ` +
    `(SELECT *, ${tokens.join(', ')} FROM (SELECT i, ${values.join(', ')} FROM ${from}))`
  );
}

/** A table is scanned by every thread of the engine, range() by one. */
const numbers = `${resultsDatabase}.main.numbers`;

/** Rows 0..n-1 over nine tenths as many persons: the last tenth are duplicates. */
const persons = (rows: number, firstPerson = 0) =>
  `(SELECT i, i // ${Math.max(1, Math.ceil(rows * 0.9))} AS again, ` +
  `${firstPerson} + i % ${Math.max(1, Math.ceil(rows * 0.9))} AS p FROM ${numbers} WHERE i < ${rows})`;

function patients(options: SeedOptions, rows: number): string[] {
  const { firstName, lastName, id, dob, ssn } = person(options);
  const fullName = `${firstName} || ' ' || ${lastName}`;
  const table = 'ELEVANCE.PUBLIC.PATIENTS';
  const statements = [
    createTable(options, { name: table, nulls: true }, persons(rows), [
      { name: 'ID', kind: 'id', value: id },
      {
        name: 'FULL_NAME',
        kind: 'name',
        value: `CASE WHEN again = 0 THEN ${fullName} ELSE lower(${fullName}) END`,
      },
      { name: 'DOB', kind: 'dob', value: dob },
      { name: 'SSN', kind: 'ssn', value: ssn },
    ]),
  ];
  if (options.conflictingPairs > 0) {
    const few = `(SELECT i AS p FROM range(${options.conflictingPairs}) r(i))`;
    const own = (column: string) => `'tok_conflict_${column}_' || p`;
    statements.push(
      `INSERT INTO ${table} SELECT ${id}, ${own('id')}, ${fullName}, ${own('name')}, ${dob}, ${own('dob')}, ${ssn}, ${own('ssn')} FROM ${few}`,
      // Another person's value under this person's token.
      `INSERT INTO ${table} SELECT v.ID, t.ID_TOKEN, v.FULL_NAME, t.FULL_NAME_TOKEN, v.DOB, t.DOB_TOKEN, v.SSN, t.SSN_TOKEN FROM ` +
        `(SELECT p, ${id} AS ID, ${fullName} AS FULL_NAME, ${dob} AS DOB, ${ssn} AS SSN FROM (SELECT 500000000 + i AS p FROM range(${options.conflictingPairs}) r(i))) v ` +
        `JOIN (SELECT 500000000 + p AS p, ${token('id', id)} AS ID_TOKEN, ${token('name', fullName)} AS FULL_NAME_TOKEN, ${token('dob', dob)} AS DOB_TOKEN, ${token('ssn', ssn)} AS SSN_TOKEN FROM ${few}) t USING (p)`,
    );
  }
  return statements;
}

/** Claims and members: the same persons in part, so that a UNION of both finds duplicates across tables too. */
function claimsAndMembers(options: SeedOptions, clm: number, mbr: number): string[] {
  const { firstName, lastName, middleInitial, id, dob, ssn } = person(options);
  const columns = (
    names: Readonly<
      Record<'first' | 'last' | 'middle' | 'enrolment' | 'hc' | 'subscriber' | 'dob' | 'ssn', string>
    >,
  ): Column[] => [
    { name: names.first, kind: 'name', value: `upper(${firstName})` },
    { name: names.last, kind: 'name', value: `upper(${lastName})` },
    { name: names.middle, kind: 'name', value: middleInitial },
    { name: names.enrolment, kind: 'id', value: `'E' || ${id}` },
    { name: names.hc, kind: 'id', value: `'H' || ${id}` },
    { name: names.subscriber, kind: 'id', value: `'S' || (10000 + p // 2)` },
    { name: names.dob, kind: 'dob', value: dob },
    { name: names.ssn, kind: 'ssn', value: ssn },
  ];
  const table = (name: string): Table => ({
    name: `D01_SKYFLOW_POC.SKYFLOW_POC.${name}`,
    nulls: options.nulls,
  });
  return [
    createTable(
      options,
      table('CLM'),
      persons(clm),
      columns({
        first: 'SRC_MBR_FRST_NM',
        last: 'SRC_MBR_LAST_NM',
        middle: 'SRC_MBR_MID_INIT_NM',
        enrolment: 'SRC_ENRLMNT_ID',
        hc: 'SRC_HC_ID',
        subscriber: 'SRC_SBSCRBR_ID',
        dob: 'SRC_MBR_BRTH_DT',
        ssn: 'SRC_MBR_SSN',
      }),
    ),
    createTable(
      options,
      table('MBR'),
      persons(mbr, Math.floor(clm / 2)),
      columns({
        first: 'FRST_NM',
        last: 'LAST_NM',
        middle: 'MID_INIT_NM',
        enrolment: 'SRC_ENRLMNT_ID',
        hc: 'HC_ID',
        subscriber: 'SBSCRBR_ID',
        dob: 'BRTH_DT',
        ssn: 'SSN',
      }),
    ),
  ];
}

/**
 * Makes the databases of the reference and fills them inside the engine: ELEVANCE.PUBLIC.PATIENTS,
 * D01_SKYFLOW_POC.SKYFLOW_POC.CLM and .MBR (a tenth of the rows duplicates; in PATIENTS, and with `nulls` in all, about
 * 2 % of the values and 1 % of the tokens NULL), the four UDFs in T01_PROTEGRITY.SCRTY_ACS_CNTRL, and an empty SKYFLOW_DEMO.PUBLIC.
 */
export async function seedDatabases(engine: Engine, options: SeedOptions): Promise<void> {
  const schemas = {
    ELEVANCE: 'PUBLIC',
    D01_SKYFLOW_POC: 'SKYFLOW_POC',
    T01_PROTEGRITY: 'SCRTY_ACS_CNTRL',
    SKYFLOW_DEMO: 'PUBLIC',
    CLINIC: 'PUBLIC',
  };
  for (const [database, schema] of Object.entries(schemas)) {
    await engine.attach(database);
    await engine.run(`CREATE SCHEMA ${database}.${schema}`);
  }
  for (const [kind, udf] of Object.entries(udfs)) {
    await engine.run(`CREATE MACRO T01_PROTEGRITY.SCRTY_ACS_CNTRL.${udf}(x) AS ${token(kind as Kind, 'x')}`);
  }
  const { rows, patients: patientRows = rows, clm = rows, mbr = rows } = options;
  await engine.run(`CREATE TABLE ${numbers} AS SELECT i FROM range(${Math.max(patientRows, clm, mbr)}) r(i)`);
  for (const sql of [...patients(options, patientRows), ...claimsAndMembers(options, clm, mbr)]) {
    await engine.run(sql);
  }
  // The database of the documentation, with the same patients.
  await engine.run('CREATE VIEW CLINIC.PUBLIC.PATIENTS AS SELECT * FROM ELEVANCE.PUBLIC.PATIENTS');
  await engine.run(`DROP TABLE ${numbers}`);
}
