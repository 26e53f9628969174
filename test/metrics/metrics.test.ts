import assert from 'node:assert/strict';
import { appendFile, readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { projectFolder } from '../docs/pages.js';
import { serveMetrics } from '../../supervisor/metrics/serve-metrics.js';
import { startSandbox } from '../support/sandbox.js';
import { takenPort } from '../support/taken-port.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, Workspace } from '../support/workspace.js';

/** `name{labels}` to value, and the names that have a type. */
function parseExposition(text: string): { samples: Map<string, number>; names: Set<string> } {
  const lines = text.split('\n').filter((line) => line !== '');
  const samples = lines
    .filter((line) => !line.startsWith('#'))
    .map((line): [string, number] => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    });
  const names = lines.flatMap((line) => /^# TYPE (\S+) /.exec(line)?.[1] ?? []);
  return { samples: new Map(samples), names: new Set(names) };
}

/** What a request by another name than the server's address gets. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const asked = request(url, { headers: { host } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

test('a load serves its figures by vault on loopback, and the dashboard asks for nothing else', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 3"]', 'latency.fixedMs=10']);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { batch_size: 2, max_concurrency: 1 },
  });
  await workspace.writePairs('NAME', makePairs(6));
  await appendFile(workspace.at('data', 'name_data.csv'), '""\n');
  await appendFile(workspace.at('data', 'name_tokens.csv'), 'tok_of_nothing\n');
  await workspace.writePairs('SSN', makePairs(3000, 'q'));
  const load = workspace.start(['--all', '--metrics-port', '0']);
  await load.outputMatches(/metrics: http:\/\/127\.0\.0\.1:\d+\/metrics/);
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(load.output()) ?? [];
  let text = '';
  await waitUntil('the vault NAME is at its end in the figures', async () => {
    const answer = await fetch(url);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    text = await answer.text();
    return text.includes('vault_phase{vault="NAME",phase="finished"} 1');
  });
  assert.equal((await fetch(new URL('/', url))).status, 404);
  assert.equal(await statusFor(url, 'evil.test'), 403);
  assert.equal(await statusFor(url, 'localhost:9464'), 200);
  load.child.kill('SIGTERM');
  await load.ended;

  const { samples, names } = parseExposition(text);
  const name = (figure: string, labels = ''): number | undefined =>
    samples.get(`skyflow_supervise_${figure}{vault="NAME"${labels}}`);
  assert.equal(name('records_read_total'), 7);
  assert.equal(name('records_uploaded_total'), 5);
  assert.equal(name('records_failed_total', ',reason="refused"'), 1);
  assert.equal(name('records_skipped_total', ',reason="empty_value"'), 1);
  assert.equal(name('records_unsettled'), 0);
  assert.ok((name('requests_total', ',outcome="answered"') ?? 0) >= 4);
  assert.equal(name('workers', ',kind="configured"'), 1);
  assert.ok((name('request_seconds_total') ?? 0) > 0);
  assert.ok((name('vault_resident_memory_bytes') ?? 0) > 1e6);
  assert.match(text, /skyflow_supervise_run_info\{run_id="\d{8}T\d{6}Z-[0-9a-f]{8}",version="[\d.]+"\} 1/);

  const dashboard = await readFile(join(projectFolder, 'docs', 'grafana-dashboard.json'), 'utf8');
  const { panels } = dashboardSchema.parse(JSON.parse(dashboard));
  const asked = new Set(dashboard.match(/skyflow_supervise_\w+/g));
  assert.ok(asked.size > 15 && panels.length > 10);
  assert.deepEqual(
    [...asked].filter((metric) => !names.has(metric)),
    [],
  );
  const rules = await readFile(join(projectFolder, 'docs', 'prometheus-rules.yaml'), 'utf8');
  const alerted = new Set(rules.match(/skyflow_supervise_\w+/g));
  assert.ok(alerted.size >= 6);
  assert.deepEqual(
    [...alerted].filter((metric) => !names.has(metric)),
    [],
  );
  // The labels that the rules choose by are there too.
  for (const [, label = ''] of rules.matchAll(/(?:phase|outcome)="(\w+)"/g))
    assert.ok(text.includes(`="${label}"`), label);
  assert.deepEqual(
    panels.filter(({ targets }) => targets.length === 0),
    [],
  );
});

test('connections that are left half open use up no more than a few of the files of a run', async () => {
  const metrics = await serveMetrics({ host: '127.0.0.1', port: 0 });
  const { hostname, port } = new URL(metrics.url);
  let refused = 0;
  const sockets = Array.from({ length: 100 }, () => {
    const socket = connect(Number(port), hostname, () =>
      socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\nX: '),
    );
    return socket.on('error', () => undefined).on('close', () => (refused += 1));
  });
  await waitUntil('all but 32 are refused', () => refused === 68);
  for (const socket of sockets) socket.destroy();
  await metrics.close();
});

test('a port that is taken ends a load and a resume with exit status 2 before anything is sent or made', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME']);
  await workspace.writePairs('NAME', makePairs(3));
  const port = await takenPort();
  const end = await workspace.run(['--all', '--metrics-port', String(port)], { status: 2 });
  assert.match(
    end.stderr,
    new RegExp(`metrics cannot be served on 127\\.0\\.0\\.1, port ${port}: another program`),
  );
  assert.deepEqual(await workspace.runs(), []);
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), []);
  const idle = await workspace.run(['--all', '--metrics-host', '0.0.0.0'], { status: 2 });
  assert.match(idle.stderr, /--metrics-host needs --metrics-port/);
});

const dashboardSchema = z.object({
  title: z.string(),
  schemaVersion: z.int(),
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});
