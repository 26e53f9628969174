/**
 * A word as it is pasted into a POSIX shell; one with control characters in the form that bash, zsh and ksh read, so that
 * a terminal shows what is pasted.
 */
export function shellWord(word: string): string {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(word)) return `$'${Array.from(word, inDollarQuotes).join('')}'`;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function inDollarQuotes(character: string): string {
  if (/^[\w@%+=:,./ -]$/.test(character)) return character;
  return Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
