import { request } from 'node:http';
import { isLoopbackHost } from '../../src/outside/hosts.js';
import { systemCode } from '../../src/errors/supervise-error.js';

const maxMs = 30_000;

/** Whether a heartbeat may go there: plain HTTP to this machine alone, since no certificate and no proxy is looked at. */
export function isLoopbackBeat(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return protocol === 'http:' && isLoopbackHost(hostname) && username + password === '';
}

/**
 * Sends an empty POST with the run's id as `x-supervise-run-id`, and waits 30 s for the answer at most. Resolves with what went
 * wrong, in one sentence; undefined for an answer below 400.
 */
export function beatUrl(url: string, runId: string, limitMs = maxMs): Promise<string | undefined> {
  return new Promise((resolve) => {
    const beat = request(
      url,
      {
        method: 'POST',
        headers: { 'x-supervise-run-id': runId, 'content-length': 0 },
        agent: false,
        signal: AbortSignal.timeout(limitMs),
      },
      (answer) => {
        const { statusCode: status = 0 } = answer;
        answer.on('error', () => undefined).resume();
        resolve(status < 400 ? undefined : `it answered with HTTP ${status}`);
      },
    );
    beat.on('error', (error) => {
      const isOverdue = error.name === 'AbortError' || error.name === 'TimeoutError';
      resolve(
        isOverdue
          ? `no answer within ${limitMs / 1_000} s`
          : `no answer (${systemCode(error) ?? error.name})`,
      );
    });
    beat.end();
  });
}
