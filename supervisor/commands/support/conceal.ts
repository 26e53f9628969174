/** What is taken out of an archive, and what is left as it is because somebody wants it so. */
export interface Concealment {
  /** Of hosts: names, addresses, accounts. */
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  readonly keepNames: boolean;
  readonly keepLiterals: boolean;
}

/** Keys whose texts are SQL. */
const sqlKeys = /(^|[._])(sql|query|where)$/i;
const looksLikeSql =
  /\b(select|with|from|where|call|insert|create)\b[^]*\b(from|where|select|values|as|into)\b/i;
/** Quoted texts, dollar-quoted ones, comments, and numbers that are no part of a name. */
const literals =
  /'(?:[^'\\]|''|\\.)*'?|\$\$[^]*?(?:\$\$|$)|--[^\n]*|\/\*[^]*?(?:\*\/|$)|(?<![\w$."])\d[\d.eE]*(?![\w$"])/g;

const urlHost = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@'"]*@)?(\[[0-9a-f:.%]+\]|[^\s/:?#'"\\,;)]+)/gi;
const address = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])/g;
/** Two dots at least, and no name of a file: `vault.example.com`. */
const domain =
  /(?<![\w./-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.){2,}(?!csv\b|json\b|log\b|gz\b|pem\b|zst\b|parquet\b|txt\b|bin\b|head\b|key\b)[a-z]{2,}(?![\w./-])/gi;

/**
 * A function that gives back JSON values with every name of a host or user replaced (the same name by the same word), and
 * SQL texts without their literals and comments. Pure.
 */
export function concealer({
  hosts,
  users,
  keepNames,
  keepLiterals,
}: Concealment): (value: unknown) => unknown {
  const names = new Map<string, string>();
  const wordFor = (kind: 'host' | 'user', name: string): string => {
    const key = name.toLowerCase();
    const word = names.get(key) ?? `<${kind} ${names.size + 1}>`;
    names.set(key, word);
    return word;
  };
  const known = [
    ...hosts.map((name) => ['host', name] as const),
    ...users.map((name) => ['user', name] as const),
  ].filter(([, name]) => name.length > 1);
  // The longer one first: one may be a part of another.
  known.sort(([, one], [, other]) => other.length - one.length);
  const patterns = known.map(([kind, name]) => ({
    pattern: new RegExp(`(?<![A-Za-z0-9_])${escaped(name)}(?![A-Za-z0-9_])`, 'gi'),
    word: wordFor(kind, name),
  }));
  const withoutNames = (text: string): string => {
    if (keepNames) return text;
    let result = text.replace(urlHost, (_, scheme: string, host: string) => scheme + wordFor('host', host));
    for (const { pattern, word } of patterns) result = result.replace(pattern, word);
    return result
      .replace(domain, (host) => wordFor('host', host))
      .replace(address, (host) => wordFor('host', host));
  };
  const conceal = (value: unknown, isSql: boolean): unknown => {
    if (typeof value === 'string') {
      const hasLiterals = !keepLiterals && (isSql || looksLikeSql.test(value));
      return withoutNames(hasLiterals ? value.replace(literals, '?') : value);
    }
    if (Array.isArray(value)) return value.map((one: unknown) => conceal(one, isSql));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        withoutNames(key),
        conceal(one, isSql || sqlKeys.test(key)),
      ]),
    );
  };
  return (value) => conceal(value, false);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
