/** A result column as the driver is told about it. */
export interface WireColumn {
  readonly name: string;
  readonly type: string;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly length: number | null;
  readonly byteLength: number | null;
  readonly nullable: true;
  readonly database: '';
  readonly schema: '';
  readonly table: '';
  readonly collation: null;
}

const maxTextLength = 16_777_216;

function typeName(engineType: string): string {
  if (engineType === 'DATE') return 'date';
  if (engineType === 'TIME') return 'time';
  if (engineType === 'TIMESTAMP WITH TIME ZONE') return 'timestamp_ltz';
  if (engineType.startsWith('TIMESTAMP')) return 'timestamp_ntz';
  if (engineType === 'BOOLEAN') return 'boolean';
  if (engineType === 'BLOB') return 'binary';
  if (engineType === 'JSON') return 'variant';
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*)$/.test(engineType)) return 'fixed';
  if (engineType === 'DOUBLE' || engineType === 'FLOAT') return 'real';
  return 'text';
}

/** The column of an engine type, under the name that it has for its readers. */
export function wireColumn(name: string, engineType: string): WireColumn {
  const type = typeName(engineType);
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(engineType);
  const isTime = type.startsWith('time');
  const isText = type === 'text' || type === 'binary' || type === 'variant';
  return {
    name,
    type,
    precision: type === 'fixed' ? Number(decimal?.[1] ?? 38) : isTime ? 0 : null,
    scale: type === 'fixed' ? Number(decimal?.[2] ?? 0) : isTime ? 9 : null,
    length: isText ? maxTextLength : null,
    byteLength: isText ? maxTextLength : null,
    nullable: true,
    database: '',
    schema: '',
    table: '',
    collation: null,
  };
}

/** Seconds with nine digits behind the point, without a number that could not hold them. */
const secondsOf = (microseconds: string) =>
  `CASE WHEN ${microseconds} < 0 THEN '-' ELSE '' END || CAST(divide(abs(${microseconds}), 1000000) AS VARCHAR) || '.' || lpad(CAST(abs(${microseconds}) % 1000000 AS VARCHAR), 6, '0') || '000'`;

/** SQL that turns an engine value into its form on the wire: a string, or NULL. */
export function wireExpression(column: string, type: string): string {
  switch (type) {
    case 'date':
      return `CAST(date_diff('day', DATE '1970-01-01', ${column}) AS VARCHAR)`;
    case 'time':
      return secondsOf(`epoch_us(CAST(DATE '1970-01-01' + ${column} AS TIMESTAMP))`);
    case 'timestamp_ntz':
    case 'timestamp_ltz':
      return secondsOf(`epoch_us(${column})`);
    case 'boolean':
      return `CASE WHEN ${column} THEN '1' WHEN NOT ${column} THEN '0' END`;
    case 'binary':
      return `hex(${column})`;
    default:
      return `CAST(${column} AS VARCHAR)`;
  }
}
