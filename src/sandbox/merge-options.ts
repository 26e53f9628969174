import { SandboxOptionsError } from './options.js';

/** Whether a JSON value is an object with keys. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON merge patch (RFC 7396): objects merge, null removes, everything else replaces. Changes neither. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/**
 * Command-line assignments (`latency.fixedMs=20`, `vaults=["v1"]`, `host=127.0.0.1`) laid over `base`, in order. A
 * value is JSON where it can be read as such, else the text itself.
 */
export function mergeAssignments(base: unknown, assignments: readonly string[]): unknown {
  return assignments.reduce((merged: unknown, assignment) => {
    const at = assignment.indexOf('=');
    if (at < 1) throw new SandboxOptionsError([`${assignment}: write it as key=value`]);
    const keys = assignment.slice(0, at).split('.');
    const patch = keys.reduceRight<unknown>(
      (value, key) => ({ [key]: value }),
      readValue(assignment.slice(at + 1)),
    );
    return mergePatch(merged, patch);
  }, base);
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
