/**
 * Names of Snowflake differ by case, those of the engine do not: to the engine, a small letter is one with this mark
 * before it, so that "ssn" is another name than SSN. Names without small letters, which is what unquoted ones are, stay.
 */
const mark = '\uE000';

/** A name of Snowflake's as the engine has it. */
export function engineName(name: string): string {
  return name.replace(/[a-z]/g, `${mark}$&`);
}

/** The same as an identifier in the engine's SQL. */
export function engineIdentifier(name: string): string {
  return `"${engineName(name).replaceAll('"', '""')}"`;
}

/** The name of Snowflake's for one of the engine's; what the engine has named itself is in upper case. */
export function snowflakeName(name: string): string {
  return name.replace(/\uE000?[a-z]/g, (letter) => letter.at(1) ?? letter.toUpperCase());
}

/** A name as Snowflake's messages write it: in quotes where it could not stand without them. */
export function writtenName(name: string): string {
  return /^[A-Z_][A-Z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
