/** A user of the machine, as spawn and chown take one. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Whose load it is: `daemon`, which every Linux has. */
export const victim: User = { uid: 1, gid: 1 };

/** Somebody else on the same machine. */
export const stranger: User = { uid: 65_534, gid: 65_534 };
