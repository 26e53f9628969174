import type { Page } from 'playwright-core';

/** What a page did that none of ours does: errors, and requests to anywhere else. */
export function watch(page: Page): { readonly faults: string[]; readonly hosts: Set<string> } {
  const faults: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (said) => {
    if (said.type() === 'error' && !/ERR_(?:CONNECTION|INTERNET_DISCONNECTED)/.test(said.text()))
      faults.push(said.text());
  });
  page.on('request', (asked) => hosts.add(new URL(asked.url()).host));
  return { faults, hosts };
}

/** Whether something is drawn in a chart: a canvas that holds other than its background. */
export const isDrawn = (page: Page, id: string): Promise<boolean> =>
  page.evaluate((chart) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`#chart-${chart} canvas`);
    const { width = 0, height = 0 } = canvas ?? {};
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    return new Set(pixels).size > 20;
  }, id);

/** Every text is told apart from what it stands on, as WCAG asks (4.5 to 1, large ones 3 to 1). */
export const faint = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const channel = (value: number): number =>
      value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const read = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([red = 0, green = 0, blue = 0]: number[]): number =>
      0.2126 * channel(red / 255) + 0.7152 * channel(green / 255) + 0.0722 * channel(blue / 255);
    const ground = (element: Element | null): number[] => {
      if (element === null) return [255, 255, 255];
      const colour = read(getComputedStyle(element).backgroundColor);
      return colour[3] === 0 ? ground(element.parentElement) : colour;
    };
    const found: string[] = [];
    for (const element of document.querySelectorAll('body *')) {
      const isText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
      );
      if (!isText || element.closest('script, .unseen, .skip') !== null || !element.checkVisibility())
        continue;
      const style = getComputedStyle(element);
      const [behind, alpha] = [ground(element), Number(style.opacity)];
      const ink = read(style.color).map((value, at) => value * alpha + (behind[at] ?? 0) * (1 - alpha));
      const [one, other] = [luminance(ink), luminance(behind)].sort((a, b) => b - a);
      const contrast = ((one ?? 0) + 0.05) / ((other ?? 0) + 0.05);
      const isLarge = parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 600;
      if (contrast < (isLarge ? 3 : 4.5)) found.push(`${element.textContent} ${contrast.toFixed(2)}`);
    }
    return found;
  });

/** Nothing sticks out at the side, once the charts have taken their new size, nor out of the place of a figure. */
export const fits = (page: Page): Promise<unknown> =>
  page.waitForFunction(() =>
    [document.documentElement, ...document.querySelectorAll('.vault :is(dt, dd)')].every(
      ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth,
    ),
  );

/**
 * What a table tears or cuts off: words that stand in two lines (but for paths and fingerprints, which have to),
 * and cells that are not wholly to be seen without scrolling.
 */
export const torn = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const longest = 30;
    for (const cell of document.querySelectorAll('.panel :is(td, th, dt, dd)')) {
      if (!cell.checkVisibility()) continue;
      const { left, right } = cell.getBoundingClientRect();
      if (left < 0 || right > document.documentElement.clientWidth || cell.scrollWidth > cell.clientWidth)
        found.push(`cut: ${cell.textContent}`);
      const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
      while (texts.nextNode() !== null) {
        const text = texts.currentNode.textContent ?? '';
        for (const { 0: word, index } of text.matchAll(/[^\s/-]+/g)) {
          const range = document.createRange();
          range.setStart(texts.currentNode, index);
          range.setEnd(texts.currentNode, index + word.length);
          const lines = new Set([...range.getClientRects()].map(({ top }) => top));
          if (word.length <= longest && lines.size > 1) found.push(`torn: ${word}`);
        }
      }
    }
    return found;
  });

export const thousand = 1_000;
