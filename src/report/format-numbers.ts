/** A number with thousands separators: `1,298.25`. Not by Intl, which takes 20 ms to load its tables. */
export function groupThousands(value: number): string {
  return String(value).replaceAll(/(?<!\..*)\B(?=(?:\d{3})+(?!\d))/g, ',');
}

/** The whole number next to `value`, with thousands separators: `1,298`. */
export function formatCount(value: number): string {
  return groupThousands(Math.round(value));
}

/** The same where there is little room, from 10,000 on in thousands or millions: `0.5`, `1,500`, `15 k`, `2.5 M`. */
export function formatShortCount(value: number): string {
  if (value >= 1e6) return `${groupThousands(value / 1e6)} M`;
  return value >= 10_000 ? `${groupThousands(value / 1e3)} k` : groupThousands(value);
}

/** A number of things, in its words. */
export function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `part` of `whole` in percent, cut and not rounded: `100.0%` only when `part` has reached `whole`. */
export function formatPercent(part: number, whole: number): string {
  if (part >= whole) return '100.0%';
  const tenths = Math.floor((Math.max(0, part) * 1000) / whole);
  return `${Math.floor(tenths / 10)}.${tenths % 10}%`;
}

/** Milliseconds as seconds with one decimal: `77.1`. */
export function formatSeconds(durationMs: number): string {
  return (Math.max(0, durationMs) / 1000).toFixed(1);
}

/** Milliseconds in the two largest units that matter: `32s`, `2m 05s`, `1h 02m`, `3d 04h`; what took time took a second at least. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(durationMs > 0 ? 1 : 0, Math.round(durationMs / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${two(minutes % 60)}m`;
  return `${formatCount(Math.floor(hours / 24))}d ${two(hours % 24)}h`;
}

/** Milliseconds of one request: `0.4 ms`, `128 ms`, `3.8 s`. */
export function formatLatency(latencyMs: number): string {
  if (latencyMs >= 10_000) return `${formatSeconds(latencyMs)} s`;
  if (latencyMs > 0 && latencyMs < 10) return `${latencyMs.toFixed(1)} ms`;
  return `${formatCount(latencyMs)} ms`;
}

/** Bytes in binary units: `512 B`, `1.5 KiB`, `87.0 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const;
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes / 1024;
  let unit: string = units[0];
  for (const next of units.slice(1)) {
    if (value < 1023.95) break;
    value /= 1024;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}
