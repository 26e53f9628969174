/** A part of a vault's rows in a run. */
export interface ShardId {
  readonly run: string;
  readonly vault: string;
  /** From 0. */
  readonly shard: number;
}

/** A shard in the hands of one owner, the `epoch`th. */
export interface OwnedShard extends ShardId {
  readonly epoch: number;
}

/** For messages. */
export const describeShard = ({ run, vault, shard }: ShardId): string =>
  `shard ${shard} of vault ${vault} in run ${run}`;
