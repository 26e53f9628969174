import type { TimelineSample } from '../../timeline/timeline-sample.js';
import { Charts } from './draw-charts.js';
import { byId, offerChoices } from './elements.js';

/** The charts of a report, from the samples that stand in it. */
export function showReport(): void {
  const samples = JSON.parse(byId('timeline').textContent) as TimelineSample[];
  const charts = new Charts({ isReport: true });
  const names = samples.at(-1)?.vaults.map(({ name }) => name) ?? [];
  const show = (vault: string): void => charts.draw(samples, vault === '' ? undefined : vault);
  if (names.length > 1)
    offerChoices(
      byId('chosen'),
      [{ value: '', label: 'All vaults' }, ...names.map((name) => ({ value: name, label: name }))],
      show,
    );
  show('');
}
