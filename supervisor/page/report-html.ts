import { createHash } from 'node:crypto';
import { chartSections } from './chart-sections.js';
import { escapeHtml } from '../../src/outside/escape-html.js';
import type { PageFiles } from './page-files.js';
import type { TimelineSample } from '../timeline/timeline-sample.js';

/** Text that is markup: made by `html`, which escapes whatever is put into it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A piece of a page. Texts are escaped, pieces and lists of pieces are taken as they are. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const put = (value: (typeof values)[number]): string => {
    if (value instanceof Html) return value.text;
    return typeof value === 'object' ? value.map(({ text }) => text).join('') : escapeHtml(String(value));
  };
  return new Html(parts.map((part, at) => part + (at < values.length ? put(values[at] ?? '') : '')).join(''));
}

export interface ReportPage {
  readonly title: string;
  readonly head: Html;
  /** Before the charts, and after them. */
  readonly before: Html;
  readonly after: Html;
  readonly samples: readonly TimelineSample[];
}

/** A page with everything in it: it loads nothing, and its policy allows its own script and style alone. */
export function reportHtml(
  { title, head, before, after, samples }: ReportPage,
  { script, style }: PageFiles,
): string {
  // Neither may hold the tag that ends it.
  const code = script.replaceAll(/<\/(script)/gi, '<\\/$1');
  const look = style.replaceAll('</', '<\\/');
  const policy =
    `default-src 'none'; script-src ${hashOf(code)}; style-src ${hashOf(look)}; img-src data:; ` +
    "base-uri 'none'; form-action 'none'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${look}</style>
</head>
<body data-page="report">
<header class="top">
${head.text}
</header>
<main>
${before.text}
${samples.length < 2 ? '<p class="soft">No timeline was kept of this run.</p>' : chartsOf(samples)}
${after.text}
</main>
${samples.length < 2 ? '' : `<script>${code}</script>`}
</body>
</html>
`;
}

function chartsOf(samples: readonly TimelineSample[]): string {
  return `<section aria-labelledby="charts-heading">
<div class="charts-head">
<h2 id="charts-heading">Over time (UTC)</h2>
<fieldset id="chosen" class="choice"><legend class="unseen">Vault shown</legend></fieldset>
</div>
${chartSections}
<script type="application/json" id="timeline">${JSON.stringify(samples).replaceAll('<', '\\u003c')}</script>
</section>`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
