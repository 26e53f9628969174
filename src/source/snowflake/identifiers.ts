import { SuperviseError } from '../../errors/supervise-error.js';

/** Words that stand for a name only between quotation marks (Snowflake, "Reserved & limited keywords"). */
const reserved = new Set(
  (
    'ACCOUNT ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONNECTION CONSTRAINT CREATE CROSS ' +
    'CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DELETE DISTINCT DROP ELSE EXISTS ' +
    'FALSE FOLLOWING FOR FROM FULL GRANT GROUP GSCLUSTER HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO IS ' +
    'ISSUE JOIN LATERAL LEFT LIKE LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR ORDER ORGANIZATION ' +
    'QUALIFY REGEXP REVOKE RIGHT RLIKE ROW ROWS SAMPLE SCHEMA SELECT SET SOME START TABLE TABLESAMPLE THEN TO ' +
    'TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE USING VALUES VIEW WHEN WHENEVER WHERE WITH'
  ).split(' '),
);
const longestName = 255;
const plain = /^[A-Za-z_][A-Za-z0-9_$]*$/;
/** One part of a dotted name: quoted, or anything without dots and quotation marks. */
const part = /"((?:[^"]|"")*)"|([^".]+)/y;

function refuse(what: string, name: string, problem: string): SuperviseError {
  return new SuperviseError('config', `${what} "${printable(name)}" ${problem}`, {
    hint: 'Write NAME, SCHEMA.NAME or DATABASE.SCHEMA.NAME; a part with other characters than letters, digits, _ and $ stands between quotation marks, as in SQL.',
  });
}

function printable(name: string): string {
  const shown = name.replace(/\p{Cc}/gu, '\u{FFFD}');
  return shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
}

/**
 * One identifier as SQL. A plain name stays as it is, so that Snowflake reads it in upper case; any other is
 * quoted and keeps its case. Nothing that is given can end the identifier. Throws SuperviseError `config`.
 */
export function sqlIdentifier(name: string, what: string): string {
  // A hyphen that starts a comment, or a parenthesis, is harmless between quotation marks; a line break only misleads.
  if (name === '' || name.length > longestName || /\p{Cc}/u.test(name)) {
    throw refuse(what, name, `is not a name of 1 to ${longestName} characters without control characters`);
  }
  if (plain.test(name) && !reserved.has(name.toUpperCase())) return name;
  return `"${(plain.test(name) ? name.toUpperCase() : name).replaceAll('"', '""')}"`;
}

/** The parts of a dotted name, each as SQL: `my-db.PUBLIC."A.B"` has three. Throws SuperviseError `config`. */
export function sqlNameParts(name: string, what: string): string[] {
  const parts: string[] = [];
  const text = name.trim();
  part.lastIndex = 0;
  for (let at = 0; ; at = part.lastIndex) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) throw refuse(what, name, 'is not a name as SQL writes it');
    const [, quoted, bare] = match;
    parts.push(
      quoted === undefined ? sqlIdentifier((bare ?? '').trim(), what) : quotedIdentifier(quoted, name, what),
    );
    if (part.lastIndex === text.length) return parts;
    if (text[part.lastIndex] !== '.') throw refuse(what, name, 'is not a name as SQL writes it');
    part.lastIndex += 1;
  }
}

function quotedIdentifier(escaped: string, name: string, what: string): string {
  const inner = escaped.replaceAll('""', '"');
  if (inner === '' || inner.length > longestName || /\p{Cc}/u.test(inner)) {
    throw refuse(what, name, `has a part that is not a name of 1 to ${longestName} characters`);
  }
  return `"${escaped}"`;
}

/** A name of one part, quoted or not, as SQL. */
export function sqlName(name: string, what: string): string {
  const [first, ...others] = sqlNameParts(name, what);
  if (first === undefined || others.length > 0) throw refuse(what, name, 'has more than one part');
  return first;
}

/** A table as `DATABASE.SCHEMA.TABLE`: what the name lacks comes from `database` and `schema`. */
export function sqlTable(
  name: string,
  { database, schema }: { readonly database: string; readonly schema: string },
  what: string,
): string {
  const parts = sqlNameParts(name, what);
  if (parts.length > 3) throw refuse(what, name, `has ${parts.length} parts`);
  if (parts.length === 3) return parts.join('.');
  const front = [sqlName(database, 'snowflake.database')];
  if (parts.length === 1) front.push(sqlName(schema, 'snowflake.schema'));
  return [...front, ...parts].join('.');
}

/** A text as a string literal of Snowflake's SQL, where a backslash escapes. */
export function sqlLiteral(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
