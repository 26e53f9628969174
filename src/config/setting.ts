/** One key of the configuration, with everything that messages, help and docs need to know of it. */
export interface Setting {
  /** `performance.batch_size`; inside the list of vaults `skyflow.vaults[].id`. */
  readonly key: string;
  readonly kind:
    | 'integer'
    | 'number'
    | 'boolean'
    | 'choice'
    | 'text'
    | 'number or text'
    | 'text or list'
    | 'list'
    | 'object';
  readonly choices: readonly string[];
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The default in words, or as it stands in JSON. */
  readonly defaultText: string | undefined;
  readonly optional: boolean;
  readonly description: string;
  readonly flag: string | undefined;
  /** What stands for the flag's value in the help, where the kind does not say it. */
  readonly placeholder: string | undefined;
  /** Under which heading of the help the flag stands, where the section does not say it. */
  readonly flagGroup: string | undefined;
  /** The environment variable; keys inside a list have none. */
  readonly variable: string | undefined;
  readonly secret: boolean;
  /** Whether the value is a path, resolved against the current directory. */
  readonly path: boolean;
  /** A file that strangers must not write; one of secrets they should not read either. */
  readonly file: 'secret' | 'trust' | undefined;
  /** The key of the secret that is the output of the command that the value is. */
  readonly commandFor: string | undefined;
  /** What today's configuration says is never overridden by what a run recorded; another place is asked for. */
  readonly today: 'place' | 'credential' | undefined;
}

/** `true` or `false` in the spellings of Go's flag package (1, 0, t, f, true, false, …); undefined for any other. */
export function readTruth(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  return undefined;
}
