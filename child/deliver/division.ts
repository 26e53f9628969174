import type { WireName } from '../../src/vault/wires.js';
import type { Part } from './part.js';
import type { BatchRefusal } from './refusal-guard.js';

/** A record of so many bytes is a large one. */
const largeRecordBytes = 8_192;

/** What the parts of one batch know of each other. */
export interface Division {
  /** The wire that its parts take; undefined: as configured. */
  wire: WireName | undefined;
  /** False: this vault refused a whole request of the record wire, so that its parts are halved. */
  mayTakeRecordWire: boolean;
  /** A record was refused, alone or with others. */
  hasRefusals: boolean;
  retried: boolean;
  accepted: boolean;
  /** Parts that consist of refused records only, held until it is clear that something else is accepted. */
  readonly refused: Part[];
  /** What the last of them was refused with. */
  refusal: BatchRefusal;
  /** The smallest number of records that was too much for the vault, and its words. */
  tooLarge:
    { readonly recordCount: number; readonly message: string; readonly tellsCount: boolean } | undefined;
}

/** That of a batch that is not divided yet. */
export function newDivision(wire: WireName | undefined): Division {
  return {
    wire,
    mayTakeRecordWire: true,
    hasRefusals: false,
    retried: false,
    accepted: false,
    refused: [],
    refusal: { message: '' },
    tooLarge: undefined,
  };
}

/** The vault finds a part too large: the smallest one says how many records are too many, unless they are large themselves. */
export function noteTooLarge(division: Division, { openCount, openBytes }: Part, message: string): void {
  if (openCount >= (division.tooLarge?.recordCount ?? Infinity)) return;
  const tellsCount = openBytes < openCount * largeRecordBytes;
  division.tooLarge = { recordCount: openCount, message, tellsCount };
}
