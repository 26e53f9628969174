import { unicodeSymbols as symbols } from '../../src/report/symbols.js';
import { chartSections } from './chart-sections.js';

/** The live page before it knows anything; `page.js` fills it. Nothing in it comes from a run. */
export const liveHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>skyflow-supervise</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
</head>
<body data-page="live">
<a class="skip" href="#vaults">Skip to the vaults</a>
<header class="top">
<p class="brand">skyflow-supervise</p>
<h1>Run <span id="run" class="mono">${symbols.ellipsis}</span></h1>
<p id="state" class="pill" data-tone="dim">connecting</p>
</header>
<main>
<p id="link" class="banner" role="status" hidden></p>
<p id="said" class="unseen" role="status" aria-live="polite"></p>
<section class="total" aria-labelledby="total-heading">
<h2 id="total-heading" class="unseen">All vaults</h2>
<div class="progress-line"><span id="percent" class="huge">${symbols.none}</span><span id="progress-text" class="soft"></span></div>
<progress id="progress" max="1" value="0" aria-labelledby="total-heading"></progress>
<dl id="tiles" class="tiles"></dl>
<p id="next" class="next" hidden></p>
</section>
<section aria-labelledby="vaults-heading">
<h2 id="vaults-heading">Vaults</h2>
<div id="vaults" class="vaults" tabindex="-1"></div>
<ul id="machines" class="machines" aria-label="Machines"></ul>
</section>
<section aria-labelledby="charts-heading">
<div class="charts-head">
<h2 id="charts-heading">Over time</h2>
<fieldset id="range" class="choice"><legend class="unseen">Time shown</legend></fieldset>
<fieldset id="chosen" class="choice"><legend class="unseen">Vault shown</legend></fieldset>
</div>
${chartSections}
</section>
<section aria-labelledby="notices-heading">
<h2 id="notices-heading">Said by the run</h2>
<ol id="notices" class="notices"></ol>
<p id="no-notices" class="soft">Nothing yet.</p>
</section>
</main>
<noscript><p class="banner">This page needs JavaScript. Without it: skyflow-supervise monitor</p></noscript>
<script src="/page.js"></script>
</body>
</html>
`;
