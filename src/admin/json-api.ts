import { VERSION } from '../lib/version.ts';
import type { AdminFacts } from './admin-facts.ts';
import { explain } from './explain.ts';
import { readQuestion } from './explain-question.ts';
import { middlewareRows } from './middleware-rows.ts';
import { routerRows } from './router-rows.ts';
import { serviceRows } from './service-rows.ts';

/** What a path of the API gives for `GET`: anything JSON has, or a promise of it. */
export type ApiReader = (facts: AdminFacts) => unknown;

/** `GET` paths of the admin API. All are read-only and hold no secrets. */
export const API_READERS: ReadonlyMap<string, ApiReader> = new Map<string, ApiReader>([
  ['/api/version', ({ mode }) => ({ name: 'sluice', version: VERSION, node: process.versions.node, mode })],
  ['/api/routers', (facts) => routerRows(facts.view())],
  ['/api/services', serviceRows],
  ['/api/middlewares', (facts) => middlewareRows(facts.view())],
  ['/api/certificates', (facts) => facts.certificates()],
  ['/api/acme', (facts) => facts.cas()],
  ['/api/problems', (facts) => facts.view().problems],
]);

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** `POST /api/explain`: 400 with `{error}` when the question cannot be understood. */
export async function answerExplain(text: string, facts: AdminFacts): Promise<ApiAnswer> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { status: 400, body: { error: 'the body is not JSON' } };
  }
  const question = readQuestion(body);
  if ('fault' in question) return { status: 400, body: { error: question.fault } };
  const explanation = await explain(question, facts);
  return 'fault' in explanation
    ? { status: 400, body: { error: explanation.fault } }
    : { status: 200, body: explanation };
}
