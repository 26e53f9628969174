/** What is said of vaults that have it in common. */
export interface SaidOfSeveral<One> {
  readonly names: readonly string[];
  /** Without a vault's name in front; of several requests it names the first. */
  readonly message: string;
  /** The first of which it is said. */
  readonly first: One;
}

/** Names one answer of a vault: two that differ in nothing else say the same. */
const REQUEST = /\(request ([^()]+)\)/;

/**
 * What is said of several vaults alike, once, with all their names: `message` may name the vault (`vault SSN: …`),
 * `besides` is whatever else must be alike. In the order of the first ones.
 */
export function gatherAlike<One>(
  all: readonly One[],
  of: {
    readonly name: (one: One) => string;
    readonly message: (one: One) => string;
    readonly besides: (one: One) => string;
  },
): SaidOfSeveral<One>[] {
  const groups = new Map<
    string,
    { readonly names: string[]; readonly message: string; readonly first: One }
  >();
  for (const one of all) {
    const name = of.name(one);
    const message = withoutName(of.message(one), name);
    const key = JSON.stringify([message.replace(REQUEST, ''), of.besides(one)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [name], message, first: one });
    else if (!group.names.includes(name)) group.names.push(name);
  }
  return [...groups.values()].map(({ names, message, first }) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : ` and ${others} ${others === 1 ? 'other' : 'others'}`;
    return { names, first, message: message.replace(REQUEST, (_, id: string) => `(request ${id}${more})`) };
  });
}

/** Many errors name their vault themselves, which stands in front of them already. */
function withoutName(message: string, name: string): string {
  return message.replaceAll(`vault ${name}: `, '');
}
