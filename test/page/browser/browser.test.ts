import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import type { MachineState } from '../../../src/store/machine-state.js';
import { rowsOfRun } from '../../../supervisor/page/page-rows.js';
import { servePage } from '../../../supervisor/page/serve-page.js';
import type { VaultState } from '../../../supervisor/run/vault-state.js';
import { Sampling } from '../../../supervisor/timeline/timeline-sample.js';
import { renderMachines } from '../../../supervisor/view/render-machines.js';
import { snapshotOf } from '../../report/snapshot-fixture.js';
import { needsBrowser, startBrowser } from '../../support/browser.js';
import { startSandbox } from '../../support/sandbox.js';
import { makePairs, Workspace } from '../../support/workspace.js';
import { thousand, watch, isDrawn, fits, faint, torn } from './page-looks.js';

/** The page of a run that three machines share, one of which is gone: served as any other, from what a store would say. */
async function showsMachines(browser: Browser): Promise<void> {
  const seconds = 30;
  const at = (second: number): Date => new Date(Date.parse('2026-01-02T03:04:05Z') + second * thousand);
  const machinesAt = (second: number): MachineState[] =>
    [400, 300, 0].map((perSecond, index) => ({
      ...{
        worker: `loader-${index + 1}.example:41${index}`,
        shards: 2,
        requests_per_second: perSecond / 100,
      },
      ...(perSecond === 0 ? { lanes: null, silent_ms: null } : { lanes: 4, silent_ms: thousand }),
      ...{ rows: 20_000 + perSecond * second, records_per_second: perSecond },
      working_on: perSecond === 0 ? [] : [{ vault: 'NAME', shard: index }],
    }));
  const states = (second: number): [string, VaultState][] =>
    ['NAME', 'ID'].map((name) => [
      name,
      {
        phase: 'loading',
        restarts: 0,
        snapshot: snapshotOf({ read: 30_000 + 350 * second, uploaded: 30_000 }),
      },
    ]);
  const sampling = new Sampling(1);
  const samples = Array.from({ length: seconds }, (_, second) =>
    sampling.sample(states(second), at(second), machinesAt(second)),
  );
  const [now] = samples.slice(-1);
  assert.ok(now);
  const server = await servePage(0, {
    read: () =>
      Promise.resolve({
        now,
        state: {
          ...{ run_id: '20260102T030405Z-1a2b3c4d', began_at: at(0).toISOString(), ended: null, notices: [] },
          ...rowsOfRun(new Map(states(seconds)), 0),
          machines: renderMachines(machinesAt(seconds)),
        },
      }),
    history: ({ count }) => Promise.resolve({ generation: 1, from: count, samples: samples.slice(count) }),
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const { faults } = watch(page);
  await page.goto(server.url);
  const machines = page.getByRole('list', { name: 'Machines' }).getByRole('listitem');
  assert.deepEqual(
    (await machines.filter({ hasText: /loader-\d/ }).allTextContents()).map((text) => text.split(/[,;]/)[0]),
    [
      'loader-1.example:410: works on NAME 0',
      'loader-2.example:411: works on NAME 1',
      'loader-3.example:412: gone',
    ],
  );
  const chart = page.locator('#chart-machines');
  await chart.locator('canvas[aria-label*="loader-1.example:410 400 now, 400 at most"]').waitFor();
  assert.ok(await isDrawn(page, 'machines'));
  assert.deepEqual(await chart.locator('.legend li').allTextContents(), [
    ...['loader-1.example:410', 'loader-2.example:411', 'loader-3.example:412'],
  ]);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [375, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await fits(page);
    }
    assert.deepEqual(await faint(page), [], colorScheme);
  }
  assert.deepEqual(faults, []);
  await page.close();
  await server.close();
}

test(
  'a load in a browser: what the tree shows and charts, by keyboard, light and dark, from phone to wall, and the end stays',
  needsBrowser,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [
      // So slow that the vault refuses, however busy the machine is.
      ...['latency.fixedMs=30', 'requestsPerSecond=8', 'poison=["a value 3","a value 40"]'],
    ]);
    await workspace.configure(sandbox.url, ['NAME', 'ID'], {
      performance: { batch_size: 10, max_concurrency: 4 },
    });
    await workspace.writePairs('NAME', makePairs(200_000, 'a'));
    await workspace.writePairs('ID', makePairs(30, 'b'));
    const load = workspace.start(['--all', '--web', '--log', 'json:events.log']);
    await load.outputMatches(/page: \S+/);
    const [, url = ''] = /page: (\S+)/.exec(load.output()) ?? [];
    await using browser = await startBrowser();
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
    const { faults, hosts } = watch(page);
    await page.goto(url);
    assert.equal(new URL(page.url()).search, '', 'the key stands in no history');

    // What the tree shows.
    const cards = page.locator('.vault');
    await cards.filter({ hasText: 'ID' }).getByText('complete', { exact: true }).waitFor();
    await cards.filter({ hasText: 'NAME' }).getByText('loading', { exact: true }).waitFor();
    await cards.filter({ hasText: /slow: the vault takes about/ }).waitFor();
    await page.getByRole('heading', { name: /^Run \d{8}T/ }).waitFor();
    await page.locator('#notices li').first().waitFor();
    await page.getByText(/of 200,030 rows in/).waitFor();
    // And what a terminal cannot.
    for (const id of ['throughput', 'latency', 'in-flight', 'refusals', 'errors'])
      await page
        .waitForFunction(() => document.querySelectorAll('.chart-now:not(:empty)').length === 5)
        .then(async () => {
          assert.ok(await isDrawn(page, id), id);
        });
    await page.getByText('refused', { exact: true }).waitFor();

    // For whoever cannot see it, or has no mouse.
    await page.locator('canvas[aria-label^="Throughput, records per second: all vaults "]').waitFor();
    await page.locator('#said', { hasText: /\d+%, 1 of 2 at work/ }).waitFor({ state: 'attached' });
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the vaults');
    await page.locator('#chosen input').first().focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('#chosen input:checked').inputValue(), 'NAME');
    await page.locator('canvas[aria-label^="Throughput, records per second: NAME "]').waitFor();
    await page.locator('#chart-throughput summary').focus();
    await page.keyboard.press('Enter');
    await page.locator('#chart-throughput tbody tr').nth(1).waitFor();

    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [375, 768, 1440, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        await fits(page);
      }
      assert.deepEqual(await faint(page), [], colorScheme);
    }

    // Without a connection it shows what it knows, and goes on by itself once there is one.
    const rows = page.getByText(/of 200,030 rows in/);
    const shown = (await rows.textContent()) ?? '';
    await page.context().setOffline(true);
    await page.getByText(/does not answer. This is its last known state/).waitFor();
    await page.context().setOffline(false);
    await page.locator('#link').waitFor({ state: 'hidden' });
    await rows.filter({ hasNotText: shown }).waitFor();

    await showsMachines(browser);

    // Another browser is not let in by the same address, but by one of its own, which outlives its server.
    const other = await browser.newContext();
    const stranger = await other.newPage();
    assert.equal((await stranger.goto(url))?.status(), 403);
    const monitor = workspace.start(['monitor', '--web']);
    await monitor.outputMatches(/page: \S+/);
    await stranger.goto(/page: (\S+)/.exec(monitor.output())?.[1] ?? '');
    await stranger
      .locator('.vault')
      .filter({ hasText: 'NAME' })
      .getByText('loading', { exact: true })
      .waitFor();
    monitor.child.kill('SIGKILL');
    await monitor.ended;
    await stranger.getByText(/does not answer. This is its last known state/).waitFor();
    await stranger.locator('.vault').filter({ hasText: 'NAME' }).waitFor();

    load.child.kill('SIGINT');
    const end = await load.ended;
    assert.equal(end.status, 130);
    await page.locator('#next', { hasText: /INTERRUPTED: .* \(exit status 130\)/ }).waitFor();
    await page.locator('#next code', { hasText: /^skyflow-supervise resume / }).waitFor();
    assert.equal(await page.locator('#link').isHidden(), true, 'the end is no loss of the connection');
    assert.deepEqual(faults, []);
    assert.deepEqual([...hosts], [new URL(url).host], 'nothing comes from elsewhere');

    // A resume has a page of its own, and goes on in the charts where the load ended.
    const resume = workspace.start(['resume', '--web']);
    await resume.outputMatches(/page: \S+/);
    const resumed = await browser.newPage();
    await resumed.goto(/page: (\S+)/.exec(resume.output())?.[1] ?? '');
    await resumed
      .locator('.vault')
      .filter({ hasText: 'NAME' })
      .getByText('loading', { exact: true })
      .waitFor();
    await resumed.getByText(/of 200,0\d\d rows in/).waitFor();
    resume.child.kill('SIGINT');
    await resumed.locator('#next', { hasText: /INTERRUPTED: .* \(exit status 130\)/ }).waitFor();
    assert.equal((await resume.ended).status, 130);

    // The key went to the screen, and into no file.
    const key = new URL(url).searchParams.get('key') ?? '';
    assert.ok(key.length > 40);
    for (const file of await readdir(workspace.path, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        assert.ok(!(await readFile(join(file.parentPath, file.name), 'latin1')).includes(key), file.name);

    // The evidence, for auditors: one file, without a network.
    await workspace.run(['report', '--html', 'evidence.html'], { status: 0 });
    const audit = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const seen = watch(audit);
    await audit.goto(pathToFileURL(workspace.at('evidence.html')).href);
    await audit.getByText('All evidence agrees.').waitFor();
    for (const id of ['throughput', 'latency', 'in-flight', 'refusals', 'errors'])
      assert.ok(await isDrawn(audit, id), id);
    // The last figure of a run that is over says nothing of it.
    assert.match(await audit.locator('#chart-throughput .chart-now').innerText(), /^at most [\d,]+/);
    const row = audit.getByRole('row').filter({ hasText: 'vault-id' });
    await row.getByText('journal, error log and summary agree').waitFor();
    await row.getByText('30', { exact: true }).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await audit.emulateMedia({ colorScheme });
      for (const width of [375, 768, 1001, 1440]) {
        await audit.setViewportSize({ width, height: 900 });
        await fits(audit);
        assert.deepEqual(await torn(audit), [], `${width} px`);
      }
      assert.deepEqual(await faint(audit), [], colorScheme);
    }
    assert.deepEqual(seen.faults, []);
    assert.deepEqual([...seen.hosts], ['']);
    const html = await readFile(workspace.at('evidence.html'), 'utf8');
    assert.ok(!html.includes('a value ') && !html.includes('tok_a_'), 'no record stands in it');
  },
);
