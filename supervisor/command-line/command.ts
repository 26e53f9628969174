/** Texts of flags that stand for settings, by key of the configuration; judged together with the file. */
export type FlagSettings = Readonly<Record<string, string>>;

/** Which configuration a command uses. */
interface Configured {
  readonly config: { readonly file: string; readonly wasNamed: boolean };
  readonly settings: FlagSettings;
}

/** How a command talks. */
interface Presented {
  /** One JSON document on stdout, text for people on stderr. */
  readonly json: boolean;
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
}

/** Where the figures of a run can be scraped. */
export interface MetricsWish {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Who is kept informed of a run, besides the person who looks at it. */
export interface Attended {
  readonly metrics: MetricsWish | undefined;
  /** A line for the shell, run when the run is done, paused or failed. */
  readonly onEvent: string | undefined;
}

/** Going on without the terminal. */
export interface OfflineWish {
  /** Undefined: named after the time. */
  readonly logFile: string | undefined;
  readonly pidFile: string;
}

export interface LoadCommand extends Configured, Presented, Attended {
  readonly name: 'load';
  /** Names as given, any case; undefined means all. */
  readonly vaults: readonly string[] | undefined;
  /** How many vaults at the same time; undefined means all. */
  readonly maxParallelVaults: number | undefined;
  /** False: no pass over the files before the first request. */
  readonly precount: boolean;
  /** Only print the SQL of each vault. */
  readonly printSql: boolean;
  /** Count conflicting pairs in Snowflake before anything is sent. */
  readonly checkConflicts: boolean;
  readonly newRun: boolean;
  readonly yes: boolean;
  /** Go on with the unfinished run of this input, and do not repeat a finished one. */
  readonly startOrResume: boolean;
  readonly offline: OfflineWish | undefined;
}

export interface ResumeCommand extends Configured, Presented, Attended {
  readonly name: 'resume';
  /** A run id or directory; undefined means the newest unfinished one. */
  readonly run: string | undefined;
  readonly offline: OfflineWish | undefined;
}

export interface RetryCommand extends Configured, Presented {
  readonly name: 'retry';
  /** At least one error log. */
  readonly files: readonly string[];
  /** True: records that an earlier retry has sent, or an unfinished run may still send, are sent all the same. */
  readonly newRun: boolean;
  readonly yes: boolean;
}

export interface CheckCommand extends Configured, Presented {
  readonly name: 'check';
  /** Names as given, any case; undefined means all. */
  readonly vaults: readonly string[] | undefined;
  /** How many vaults at the same time; undefined means all. */
  readonly maxParallelVaults: number | undefined;
  /** False: files and headers only. */
  readonly precount: boolean;
}

export interface InitCommand {
  readonly name: 'init';
  /** The file to write. */
  readonly file: string;
  /** Whether a file that is there may be overwritten without a question. */
  readonly force: boolean;
}

export type Shell = 'bash' | 'zsh' | 'fish';

export interface CompletionCommand {
  readonly name: 'completion';
  readonly shell: Shell;
}

export interface MonitorCommand extends Configured, Presented {
  readonly name: 'monitor';
  /** A run id or directory; undefined means the newest one that is being worked on. */
  readonly run: string | undefined;
  /** Show it once and end. */
  readonly once: boolean;
}

export interface ReportCommand extends Configured, Presented {
  readonly name: 'report';
  readonly run: string;
}

export interface VerifyCommand extends Configured, Presented {
  readonly name: 'verify';
  /** A run id or directory; undefined means the newest one. */
  readonly run: string | undefined;
  /** Vaults of the run, any case; undefined means all of them. */
  readonly vaults: readonly string[] | undefined;
  /** Undefined: every record. Without a seed one is drawn. */
  readonly sample: { readonly size: number; readonly seed: number | undefined } | undefined;
  /** True: an unfinished verification of every record is not gone on with. */
  readonly anew: boolean;
}

export interface DemoCommand extends Presented {
  readonly name: 'demo';
  readonly source: 'csv' | 'snowflake';
  /** CSV: records for each of the four vaults. Snowflake: rows of the table of patients. */
  readonly records: number;
  /** Whether the generated files stay. */
  readonly keep: boolean;
  readonly settings: FlagSettings;
}

export interface SandboxCommand {
  readonly name: 'sandbox';
  /** 0: any free port. */
  readonly port: number;
  readonly tls: boolean;
  /** A Snowflake too. */
  readonly snowflake: boolean;
  /** `--option key=value`, later ones over earlier ones. */
  readonly options: Readonly<Record<string, string>>;
}

export interface GenerateCommand extends Configured {
  readonly name: 'generate';
  /** Records for each vault. */
  readonly count: number;
  readonly output: 'csv' | 'snowflake';
  readonly seed: number | undefined;
  /** Whether files that are there may be overwritten, and rows added to tables that hold some. */
  readonly force: boolean;
  /** Rows of one INSERT, at most. */
  readonly insertRows: number;
  /** Whether tables that hold rows are emptied first. */
  readonly truncate: boolean;
  /** Whether that needs no question. */
  readonly yes: boolean;
}

export interface ClearCommand extends Configured, Presented {
  readonly name: 'clear';
  readonly vaults: readonly string[] | undefined;
  readonly fetchWorkers: number;
  readonly deleteWorkers: number;
  readonly deleteBatchSize: number;
  /** Undefined: all of them. */
  readonly maxRecords: number | undefined;
  readonly yes: boolean;
  /** Asked for by the replaced loader's `-clear`, which went on to load; ours says that it does not. */
  readonly byOldFlag: boolean;
}

export interface CalibrateCommand extends Configured, Presented {
  readonly name: 'calibrate';
  readonly vault: string;
  readonly stepSeconds: number;
  readonly maxBatchSize: number;
  /** Test records, at most. */
  readonly maxRecords: number;
  /** Where the recommended settings go; a file that does not exist. */
  readonly write: string | undefined;
  readonly yes: boolean;
}

/** Text for stdout; exit status 0. */
export interface HelpCommand {
  readonly name: 'help';
  readonly text: string;
}

export interface VersionCommand {
  readonly name: 'version';
}

/** Everything that can be asked for. */
export type Command =
  | LoadCommand
  | ResumeCommand
  | RetryCommand
  | ReportCommand
  | CheckCommand
  | InitCommand
  | CompletionCommand
  | MonitorCommand
  | VerifyCommand
  | DemoCommand
  | SandboxCommand
  | GenerateCommand
  | ClearCommand
  | CalibrateCommand
  | HelpCommand
  | VersionCommand;
