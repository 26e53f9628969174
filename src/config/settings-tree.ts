/** Nested plain objects, as JSON gives them. */
export type Tree = Record<string, unknown>;

/** Whether a value is an object that has keys, lists and null excepted. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `skyflow.vaults[0].id` as its steps. */
function stepsOf(key: string): (string | number)[] {
  return key.split('.').flatMap((part): (string | number)[] => {
    const match = /^(.*)\[(\d+)\]$/.exec(part);
    return match === null ? [part] : [match[1] ?? '', Number(match[2])];
  });
}

function child(value: unknown, step: string | number): unknown {
  if (typeof step === 'number') return Array.isArray(value) ? (value as readonly unknown[])[step] : undefined;
  return isTree(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** The value at a key, undefined where there is none. */
export function readPath(tree: unknown, key: string): unknown {
  return stepsOf(key).reduce(child, tree);
}

/** Sets the value at a key, making objects and lists on the way; false when something else is in the way. */
export function writePath(tree: Tree, key: string, value: unknown): boolean {
  const steps = stepsOf(key);
  const last = steps.pop();
  let at: unknown = tree;
  for (const [index, step] of steps.entries()) {
    const next = child(at, step);
    if (next === undefined && !put(at, step, typeof (steps[index + 1] ?? last) === 'number' ? [] : {}))
      return false;
    at = child(at, step);
  }
  return last !== undefined && put(at, last, value);
}

function put(container: unknown, step: string | number, value: unknown): boolean {
  const fits = typeof step === 'number' ? Array.isArray(container) : isTree(container);
  return fits && typeof container === 'object' && container !== null && Reflect.set(container, step, value);
}

/** Takes the value at a key away. */
export function removePath(tree: Tree, key: string): void {
  const dot = key.lastIndexOf('.');
  const parent = dot === -1 ? tree : readPath(tree, key.slice(0, dot));
  if (isTree(parent)) Reflect.deleteProperty(parent, key.slice(dot + 1));
}
