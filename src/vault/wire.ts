import type * as z from 'zod';
import type { SettingsView } from '../config/settings-view.js';
import type { PackedCells } from '../record/packed-cells.js';
import type { BodyFrame } from './body-frame.js';
import type { RecordColumns, RecordFailure } from './record-columns.js';
import type { TablePlace, VaultRoutes, WireSettings } from './vault-routes.js';

/** What an answer says record by record; records named in no list are uploaded under their own tokens. */
export interface Judgement {
  readonly failures: readonly RecordFailure[];
  readonly doubtful: readonly number[];
  readonly mismatched: readonly number[];
  /** Where they are wanted: the vault's ids of the records that it took, by index; of those whose id is not known none. */
  readonly ids?: ReadonlyMap<number, string>;
  /** The answer is one to another request: its connection is out of step. */
  readonly isForeign?: boolean;
}

/** Every record is uploaded. */
export const NOTHING_WRONG: Judgement = { failures: [], doubtful: [], mismatched: [] };

export interface JudgeOptions {
  readonly records: RecordColumns;
  /** No token needed an escape, so that the answer may be scanned for them. */
  readonly plainTokens: boolean;
  /** HTTP status of the whole answer. */
  readonly status: number;
  /** Whether a token was sent by another request lately: an answer that gives it back is the one to that request. */
  readonly isOfAnother?: ((token: string) => boolean) | undefined;
  /** True: with the ids of the records. */
  readonly wantsIds?: boolean | undefined;
}

/** One way of putting records into a request and of reading what came of them. Pure: no I/O. */
export interface Wire {
  readonly path: string;
  readonly frame: BodyFrame;
  /**
   * Whether an answer says, byte for byte as it is nearly always written, that every record was taken under its token:
   * then it need not be read. False says nothing. Absent: it must always be read.
   */
  readonly takesAll?: ((answer: Buffer, tokens: PackedCells) => boolean) | undefined;
  /** Undefined when the answer is not one of this wire, so that nothing is known of any record. */
  judge(answer: string, options: JudgeOptions): Judgement | undefined;
}

/** What the wires put into every request. */
export interface WireOptions extends TablePlace {
  readonly byot: 'DISABLE' | 'ENABLE' | 'ENABLE_STRICT';
  readonly upsert: boolean;
  /** True: a judgement has the ids of the records. */
  readonly recordIds?: boolean | undefined;
}

/** A form in which tokens can be brought along, and the setting that chooses it. */
export interface TokenForm {
  readonly name: string;
  readonly wireSettings: WireSettings | undefined;
  readonly setting: Readonly<Record<string, string>> | null;
}

/** The API of a kind of vault: how records go in, and what else it is asked. */
export interface WireKind {
  create(options: WireOptions): Wire;
  routes(place: TablePlace): VaultRoutes;
  /** As people read it: `/v1 wire`. */
  readonly title: string;
  /** What its requests are like, as the docs say it of `skyflow.wire`. */
  readonly form: string;
  /** The hosts whose vaults speak it, for `skyflow.wire` auto. */
  readonly hosts?: { readonly pattern: RegExp; readonly example: string };
  /** What the vault makes of tokens that are brought along is known from none: a first request has one record. */
  readonly beginsWithOne?: boolean;
  /** `byValue` is among its routes. */
  readonly asksByValue?: boolean;
  /** Its own keys of the section `skyflow`, told to it alone; absent: it has none. */
  readonly keys?: z.ZodRawShape;
  /** Reports what is wrong with settings of this wire, in any configuration. */
  readonly checkSettings?: (view: SettingsView) => void;
  /** What `check` warns of, as nothing public says it. */
  readonly uncertainty?: (settings: WireSettings | undefined) => {
    readonly message: string;
    readonly hint: string;
  };
  /** The forms in which tokens can be brought along; absent: there is one. */
  readonly tokenForms?: (settings: WireSettings | undefined) => readonly TokenForm[];
}

/** Path of a vault URL, without a slash at its end. */
export function basePathOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '');
}
