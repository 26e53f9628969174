import { setTimeout as delay } from 'node:timers/promises';
import type { QualificationFact } from '../../src/protocol/task.js';
import type { RawAnswer, TestVault } from './test-vault.js';

export interface Experiment {
  /** The question, as docs/questions-for-skyflow.md has it. */
  readonly question: string;
  /** What the vault answers; `settings` that follow from it. */
  readonly run: (
    vault: TestVault,
    options: ExperimentOptions,
  ) => Promise<Omit<QualificationFact, 'question'>>;
}

export interface ExperimentOptions {
  /** How long records of cut requests are looked for. */
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

const batchSizes = [25, 50, 100, 200, 300];
const cutRequests = 20;
const cutAfterMs = 5;
const pollEveryMs = 200;

const isTaken = ({ status }: RawAnswer): boolean => status !== undefined && status < 300;
const said = ({ status, message }: RawAnswer): string =>
  status === undefined ? `no answer (${message})` : `HTTP ${status} ${message}`.trim();

/** Whether tokens that are brought along are kept, in each form that there is. */
export const keepsTokens: Experiment = {
  question: 'Does an insert keep the token that is brought along, and in which form?',
  run: async (vault) => {
    const results: string[] = [];
    let settings: QualificationFact['settings'] = null;
    for (const { name, wireSettings, setting } of vault.tokenForms()) {
      const record = vault.pairs(1);
      const [token = ''] = record.tokens;
      const answer = await vault.send(record, { wireSettings });
      const kept = isTaken(answer) && answer.text.includes(JSON.stringify(token));
      if (kept) settings ??= setting;
      const another = /"(?:skyflow_id|skyflowID)"\s*:\s*"/.test(answer.text)
        ? 'taken under another token'
        : 'refused';
      results.push(`${name}: ${kept ? 'kept' : isTaken(answer) ? another : said(answer)}`);
    }
    return { answer: results.join('; '), settings };
  },
};

const changesTokens = 'so an upsert changes tokens, and is refused unless --allow-token-change';
const keepsOldTokens =
  'so an upsert gives a known value no other token: --allow-token-change would make such records fail as token_mismatch';

/** The others, in an order in which each has what it needs. */
export const experiments: readonly Experiment[] = [
  keepsTokens,
  {
    question: 'Do entries of answers keep the order of the request?',
    run: async (vault) => {
      const records = vault.pairs(50);
      const answer = await vault.send(records);
      if (!isTaken(answer)) return { answer: said(answer), settings: null };
      const places = records.tokens.map((token) => answer.text.indexOf(JSON.stringify(token)));
      if (places.includes(-1)) return { answer: 'tokens are missing in the answer', settings: null };
      const inOrder = places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0));
      return { answer: inOrder ? 'yes (50 records)' : 'no: they come in another order', settings: null };
    },
  },
  {
    question: 'Is an insert with one bad record all or nothing?',
    run: async (vault) => {
      const good = vault.pairs(1);
      const [token = ''] = good.tokens;
      const answer = await vault.send({ values: [...good.values, 'x'], tokens: [token, token] });
      const held = await vault.held([token]);
      const came =
        held === undefined ? 'unknown (tokens cannot be looked up)' : held.has(token) ? 'yes' : 'no';
      const bad = 'two values under one token';
      return {
        answer: `${bad}: ${isTaken(answer) ? 'HTTP 2xx' : said(answer)}; the good one is held: ${came}`,
        settings: null,
      };
    },
  },
  {
    question: 'Is an unknown table 400 or 404, and which form have refusals?',
    run: async (vault) => {
      const answer = await vault.send(vault.pairs(1), { table: 'skyflow_supervise_no_such_table' });
      const form = answer.form === 'own' ? "in the vault's envelope" : 'in another form';
      return { answer: isTaken(answer) ? 'it was taken' : `${said(answer)}, ${form}`, settings: null };
    },
  },
  {
    question: 'How many records may a request have?',
    run: async (vault) => {
      let most = 0;
      let refusal: RawAnswer | undefined;
      for (const size of batchSizes) {
        const records = vault.pairs(size);
        if (records.tokens.length < size) break;
        const answer = await vault.send(records);
        if (!isTaken(answer)) {
          refusal = answer;
          break;
        }
        most = size;
      }
      const end = refusal === undefined ? '; more were not tried' : `; the next size: ${said(refusal)}`;
      const settings = refusal === undefined || most === 0 ? null : { 'performance.batch_size': most };
      return { answer: `${most} were taken${end}`, settings };
    },
  },
  {
    question: 'What becomes of a known value with another token, without and with upsert?',
    run: async (vault) => {
      const first = vault.pairs(1);
      await vault.send(first);
      const { values, tokens } = first;
      const others = vault.pairs(2).tokens;
      const results: string[] = [];
      for (const [at, upsert] of [false, true].entries()) {
        const token = others[at] ?? '';
        const answer = await vault.send({ values, tokens: [token] }, { upsert });
        const has = (one: string | undefined): boolean => answer.text.includes(JSON.stringify(one));
        const outcome = has(token)
          ? 'the new token is answered'
          : has(tokens[0])
            ? 'the old token is answered'
            : 'another token is answered';
        const held = await vault.held([tokens[0] ?? '', token]);
        const kept =
          held === undefined ? '' : `, ${held.size} of the two ${held.size === 1 ? 'is' : 'are'} held`;
        results.push(`${upsert ? 'with' : 'without'}: ${isTaken(answer) ? outcome : said(answer)}${kept}`);
        if (upsert && isTaken(answer)) results.push(has(token) ? changesTokens : keepsOldTokens);
      }
      return { answer: results.join('; '), settings: null };
    },
  },
  {
    question: 'How long after its connection is cut may a request still commit?',
    run: async (vault, { pollMs, signal }) => {
      const cutMs = new Map<string, number>();
      for (let number = 0; number < cutRequests; number += 1) {
        const record = vault.pairs(1);
        await vault.send(record, { cutAfterMs });
        for (const token of record.tokens) cutMs.set(token, performance.now());
      }
      const seenMs = new Map<string, number>();
      const untilMs = performance.now() + pollMs;
      while (seenMs.size < cutMs.size && performance.now() < untilMs) {
        const held = await vault.held([...cutMs.keys()].filter((token) => !seenMs.has(token)));
        if (held === undefined) return { answer: 'unknown: tokens cannot be looked up', settings: null };
        for (const token of held.keys()) seenMs.set(token, performance.now() - (cutMs.get(token) ?? 0));
        await delay(pollEveryMs, undefined, { signal });
      }
      const latest = Math.max(0, ...seenMs.values());
      const answer = `${seenMs.size} of ${cutMs.size} cut requests were committed${seenMs.size === 0 ? '' : `, the last one seen ${Math.ceil(latest)} ms after its cut`}; looked for ${pollMs / 1000} s`;
      // Ten times what was seen: the vault was at rest, and a loaded one is slower.
      const settle = Math.max(1_000, Math.ceil(latest / 100) * 1_000);
      return { answer, settings: seenMs.size === 0 ? null : { 'skyflow.settle_ms': settle } };
    },
  },
  {
    question: 'Which headers tell of rates?',
    run: (vault) => {
      const names = [...vault.rateHeaders].sort();
      const answer = names.length === 0 ? 'none came (nothing was refused for its rate)' : names.join(', ');
      return Promise.resolve({ answer, settings: null });
    },
  },
];
