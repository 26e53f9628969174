import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { nodeOptions, withoutInspector } from '../../src/system/node-options.js';

test('a child’s heap is bounded where its source asks for that, and only there', () => {
  const heapLimit = (limitMb?: number): number => {
    const script = 'process.stdout.write(String(require("node:v8").getHeapStatistics().heap_size_limit))';
    const text = execFileSync(process.execPath, [...nodeOptions(limitMb), '-e', script], {
      encoding: 'utf8',
    });
    return Math.round(Number(text) / 2 ** 20);
  };
  const bounded = heapLimit(300);
  // Young objects have some room beside the limit.
  assert.ok(bounded >= 300 && bounded < 400, `${bounded} MB`);
  assert.ok(heapLimit() > 1_000);
});

test('SIGUSR1 opens no inspector in a process that has not come to its first statement: nothing answers it there yet', () => {
  // No handler, as before the first statement. The inspector's address, or nothing after half a second.
  const script = `
    const { url } = require("node:inspector");
    process.kill(process.pid, "SIGUSR1");
    const end = () => { process.stdout.write(String(url())); process.exit(); };
    if (process.argv[1] === "waits") setInterval(() => url() && end(), 10);
    else setTimeout(end, 500);`;
  const openedAt = (options: readonly string[], ...words: string[]) =>
    execFileSync(process.execPath, [...options, '-e', script, ...words], { encoding: 'utf8', stdio: 'pipe' });
  assert.match(openedAt(['--inspect-port=0'], 'waits'), /^ws:\/\/127\.0\.0\.1:/);
  assert.equal(openedAt(nodeOptions()), 'undefined');
  assert.equal(openedAt(withoutInspector), 'undefined');
});

test('under the flags of a child V8 takes what was compiled without any, as Node’s own modules are in its binary', () => {
  const script = `
    const { Script } = require("node:vm");
    const source = "(function () { return 1; })";
    const [, given] = process.argv;
    if (given === undefined) process.stdout.write(new Script(source).createCachedData().toString("base64"));
    else process.stdout.write(String(new Script(source, { cachedData: Buffer.from(given, "base64") }).cachedDataRejected));`;
  const saidUnder = (options: readonly string[], ...words: string[]) =>
    execFileSync(process.execPath, [...options, '-e', script, ...words], { encoding: 'utf8' });
  const compiled = saidUnder([]);
  assert.equal(saidUnder(nodeOptions(), compiled), 'false');
  assert.equal(saidUnder([...nodeOptions(), '--no-opt'], compiled), 'true');
});

test('young objects are given room for a load, and no more, though V8 would', () => {
  const module = JSON.stringify(new URL('../../src/system/young-room.js', import.meta.url).href);
  const script = `
    import { getHeapSpaceStatistics } from "node:v8";
    const { YoungRoom } = await import(${module});
    const room = process.argv[1] === "bounded" ? new YoungRoom() : undefined;
    const megabytes = () =>
      getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size / 2 ** 20;
    // Not in one array, which would be counted as young itself.
    const kept = Array.from({ length: 40 }, () => []);
    for (let batch = 0; batch < 1_000; batch += 1) {
      kept[batch % kept.length] = Array.from({ length: 500 }, (_, at) => ({ at, text: "row " + at }));
      room?.bound();
    }
    process.stdout.write(String(megabytes()));`;
  const megabytes = (word: string): number =>
    Number(
      execFileSync(process.execPath, [...nodeOptions(), '--input-type=module', '-e', script, word], {
        encoding: 'utf8',
      }),
    );
  const bounded = megabytes('bounded');
  assert.ok(bounded >= 4 && bounded <= 16, `${bounded} MB`);
  assert.ok(megabytes('free') > bounded);
});
