const dateFormat =
  "replace(replace(replace(replace(replace(replace(f, 'YYYY', '%Y'), 'MM', '%m'), 'DD', '%d'), 'HH24', '%H'), 'MI', '%M'), 'SS', '%S')";

/** Snowflake's scalar functions that the engine has not, or has otherwise. */
export const compatibilityMacros: readonly string[] = [
  'IFF(c, a, b) AS CASE WHEN c THEN a ELSE b END',
  'NVL(a, b) AS coalesce(a, b)',
  'NVL2(c, a, b) AS CASE WHEN c IS NOT NULL THEN a ELSE b END',
  'ZEROIFNULL(a) AS coalesce(a, 0)',
  'NULLIFZERO(a) AS nullif(a, 0)',
  'EQUAL_NULL(a, b) AS a IS NOT DISTINCT FROM b',
  `TO_VARCHAR(x) AS CAST(x AS VARCHAR), (x, f) AS strftime(x, ${dateFormat})`,
  `TO_CHAR(x) AS CAST(x AS VARCHAR), (x, f) AS strftime(x, ${dateFormat})`,
  'TO_DATE(x) AS CAST(x AS DATE)',
  'TO_NUMBER(x) AS CAST(x AS DECIMAL(38, 0))',
  'SHA2(x) AS sha256(x), (x, bits) AS sha256(x)',
  'UUID_STRING() AS CAST(uuid() AS VARCHAR)',
  "CURRENT_VERSION() AS '9.99.0'",
  "CURRENT_ACCOUNT() AS 'SANDBOX'",
  "CURRENT_REGION() AS 'SANDBOX'",
  "CURRENT_USER() AS getvariable('sandbox_user')",
  "CURRENT_ROLE() AS getvariable('sandbox_role')",
  "CURRENT_WAREHOUSE() AS getvariable('sandbox_warehouse')",
];
