import type { Settings, VaultSettings } from '../config/configuration.js';
import type { RenewableSecret } from '../config/renewable-secrets.js';
import type { ErrorFacts } from '../errors/supervise-error.js';
import type { SettingsView } from '../config/settings-view.js';
import type { ProxySettings } from '../vault/proxy-choice.js';
import type { Finding } from './finding.js';
import type { InputIdentity } from './input-identity.js';
import type { Fingerprints } from './fingerprints/fingerprints.js';
import type { InputShape, RecordSource } from './record-source.js';
import type { SourceName, SourceSpec } from './source-settings.js';

/** What a configuration is for. */
export interface LoadIntent {
  /** Names given with `--vault`; undefined means all. */
  readonly selection: readonly string[] | undefined;
  /** False: only the vaults are used, not the source. */
  readonly readsSource: boolean;
  /** `--new-run`. */
  readonly newRun: boolean;
  /** Against which relative paths are resolved. */
  readonly workingDirectory: string;
}

/** What a run's journal knows of its source, and of a query that was asked for its rows. */
export interface SourceLedger {
  /** What it was when the run began; undefined: it begins now. */
  readonly inputs: { readonly inputs: readonly InputIdentity[] } | undefined;
  readonly query:
    | { readonly queryId: string; readonly submittedAt: string; readonly table?: string | undefined }
    | undefined;
  /** Whether a row was reserved. */
  readonly hasBegun: boolean;
  recordQuery(query: {
    readonly queryId: string;
    readonly submittedAt: string;
    readonly sql: string;
    readonly table?: string | undefined;
  }): Promise<void>;
}

/**
 * The logins of vaults that share one user. The first one is tried alone: a wrong password is tried once, and not once
 * for each vault, which would lock the user out.
 */
export interface SharedLogin {
  /** Resolves when a login may be tried; throws what the login of another vault was refused for. */
  wait(signal: AbortSignal): Promise<{
    /** The secrets of the configuration are refused already, and others are to be had. */
    readonly renewed: boolean;
  }>;
  /** What it came to. */
  ended(login: LoginEnd): void;
}

export interface LoginEnd {
  /** `failed`: nobody answered. */
  readonly outcome: 'accepted' | 'refused' | 'failed';
  /** It was tried with other secrets than those of the configuration. */
  readonly renewed: boolean;
  readonly error?: ErrorFacts | undefined;
}

/** For whom a source is opened. */
export interface Reading {
  readonly runId: string;
  readonly runDirectory: string;
  readonly vault: {
    readonly name: string;
    readonly id: string;
    readonly table: string;
    readonly column: string;
  };
  /** The most records that a load of a source that does not last (`lifetime`) gets through; undefined: any number. */
  readonly mostRecords: number | undefined;
  /** The most bytes of one batch. */
  readonly maxBatchBytes: number | undefined;
  /** `performance.connect_timeout_ms`. */
  readonly connectTimeoutMs: number;
  /** Of the run: what is written down of files is told apart by them. */
  readonly fingerprints: Fingerprints;
  readonly ledger: SourceLedger;
  /** Another secret than the one that is refused; undefined where there is none. */
  readonly renewSecret: (
    key: RenewableSecret,
    refused: string,
    signal: AbortSignal,
  ) => Promise<string | undefined>;
  /** Absent: nobody else logs in. */
  readonly login?: SharedLogin | undefined;
  /** A line for people. */
  readonly notice: (message: string) => void;
  readonly signal: AbortSignal;
}

/** What a child does with what it is told of its source. */
export interface SourceReader {
  /** Only what reads the source is loaded then. Throws `config` for what cannot be meant. */
  open(spec: SourceSpec, reading: Reading): Promise<RecordSource>;
  /** The largest heap of a child that reads it, in MB; undefined: nothing large is held. */
  heapLimitMb?(spec: SourceSpec): number | undefined;
  /** Whether the records were refused before: that they are refused again says nothing about the configuration. */
  readonly wasRefused?: true;
}

/** A setting that a load needs and that is missing, and may be asked for. */
export interface WantedSetting {
  readonly key: string;
  /** What to ask for. */
  readonly question: string;
}

/** The settings that say which rows of each source are meant. */
export type SliceSettings = Pick<Settings['performance'], 'start_record' | 'end_record'>;

/** The positions of a source from `start` up to `end`; to its end where there is none. */
export interface SourceExtent {
  readonly start: number;
  readonly end?: number | undefined;
}

/** What a preflight looks at. */
export interface CheckedLoad {
  readonly settings: Settings;
  readonly vaults: readonly VaultSettings[];
  /** False: no pass over files. */
  readonly precount: boolean;
  readonly proxy: ProxySettings;
  /** What the content of files is told apart by, where it is written down; absent: for this moment alone. */
  readonly fingerprints?: Fingerprints | undefined;
  /** True: what the inputs are is all that is asked, not what their records are like. */
  readonly onlyIdentity?: boolean;
}

/** How much a vault's input is; `rows` is undefined where nobody counted. */
export interface InputSize {
  readonly rows: number | undefined;
  readonly bytes: number;
  /** What its records are like, where all were looked at. */
  readonly shape?: InputShape | undefined;
  /** The files themselves; none of a source without. */
  readonly inputs?: readonly InputIdentity[];
}

export interface SourceCheck {
  readonly findings: readonly Finding[];
  /** By the vault's name; only of inputs that are in order, and known before they are read. */
  readonly sizes: ReadonlyMap<string, InputSize>;
}

/** What a child needs to know besides the settings. */
export interface SourceWishes {
  readonly precount: boolean;
  readonly checkConflicts: boolean;
  readonly proxy: ProxySettings;
}

/** Asks a person. */
export interface Questioner {
  text(question: {
    readonly question: string;
    readonly usual?: string;
    readonly fault?: (answer: string) => string | undefined;
  }): Promise<string>;
  choice<T extends string>(
    question: string,
    choices: readonly { readonly value: T; readonly name: string }[],
  ): Promise<T>;
  /** A line that is no question. */
  say(line: string): void;
}

/**
 * A kind of source that records are loaded from: everything that the program knows of it. Nothing outside `src/source`
 * names it.
 */
export interface SourceKind extends SourceReader {
  readonly name: SourceName;
  /** Another kind whose flags mean the same for this one. */
  readonly like?: SourceName;
  /** Flags of `load`, not of settings, that mean something for this kind alone. */
  readonly flags?: readonly string[];
  /** As people read it: `CSV files`. */
  readonly title: string;
  /** Rows of a vault that are loaded when nobody says how many. */
  readonly usualMaxRecords: number;
  /** What a child takes: without a record in it, and in a load of default settings at most, measured. */
  readonly childBytes: { readonly empty: number; readonly usual: number };
  /** Whether rows can be asked for by their positions again, as a retry of redacted records does. */
  readonly readsAgain: boolean;
  /** Reports what no single key of its section can tell, in any configuration, complete or not. */
  judge?(view: SettingsView): void;
  /** Reports what is wrong or missing for a load; what a person may be asked for is given back, in the order of asking. */
  complete(view: SettingsView, intent: LoadIntent): readonly WantedSetting[];
  /** What is allowed but should be known before a load starts. */
  warnings(settings: Settings): readonly string[];
  /** Before a run of these vaults is made: throws `config` where what is configured is not there, or is refused. */
  prepare(settings: Settings, vaults: readonly VaultSettings[]): Promise<void>;
  /** What people should know of loads of these vaults before they begin, and again in their summary. */
  remarks(vaults: readonly VaultSettings[]): readonly string[];
  /** The files that a load of a vault reads, in their order, as far as they can be told; none of a source without files. */
  files(vault: VaultSettings): readonly string[];
  /** The positions that a load is for, where it is not for all; a kind that counts only those itself says nothing. */
  extent(slice: SliceSettings): SourceExtent | undefined;
  /** What is asked of a source that takes questions, which identifies what it loads; undefined: its files do. */
  query(vault: VaultSettings, settings: Settings): string | undefined;
  /** A recorded vault with the places that `today` names for what is not where it was, and a notice for each. */
  moved?(
    vault: VaultSettings,
    today: VaultSettings,
  ): { readonly vault: VaultSettings; readonly notices: readonly string[] };
  /** What a child is told; throws `config`. */
  plan(vault: VaultSettings, settings: Settings, wishes: SourceWishes): SourceSpec;
  /** Looks at everything that a load from it needs; no record goes anywhere. */
  check(load: CheckedLoad, signal: AbortSignal): Promise<SourceCheck>;
  /** How long what a load reads from lasts, and what to do about a load that takes longer; undefined: as long as wanted. */
  lifetime?(settings: Settings): { readonly ms: number; readonly hint: string } | undefined;
  /** The first settings of its section, by asking; no secrets. */
  interview(ask: Questioner): Promise<Readonly<Record<string, unknown>>>;
  /** What a vault says of its source, by asking and looking, once its section is known. */
  interviewVault?(
    ask: Questioner,
    vault: { readonly name: string; readonly column: string },
    section: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>>;
}

/** For a reader that was handed what another kind understands. */
export function notMine({ kind }: SourceSpec): RangeError {
  return new RangeError(`this reader does not read ${kind}`);
}
