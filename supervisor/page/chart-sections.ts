import { charts } from './charts.js';

/** Where the charts go, the same in the live page and in a report. */
export const chartSections = `<div class="charts">
${charts
  .filter(({ isOfMachines }) => isOfMachines !== true)
  .map(figureOf)
  .join('\n')}
</div>
<div class="charts of-machines">
${charts
  .filter(({ isOfMachines }) => isOfMachines === true)
  .map(figureOf)
  .join('\n')}
</div>`;

function figureOf({ id, title, unit, meaning }: (typeof charts)[number]): string {
  return `<figure class="chart" id="chart-${id}">
<figcaption><span class="chart-title">${title}</span> <span class="soft">${unit}</span> <span class="chart-now"></span></figcaption>
<div class="plot"><canvas role="img" aria-label="${title}"></canvas></div>
<ul class="legend"></ul>
<p class="soft meaning">${meaning}</p>
<details><summary>As a table<span class="unseen">: ${title}</span></summary><div class="scroll" tabindex="0" role="region" aria-label="${title}, as a table"></div></details>
</figure>`;
}
