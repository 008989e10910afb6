import { joinEdits, type ResponseEdit, type ResponseEdits } from '../http/response-edits.ts';
import type { RequestStep, Route } from '../http/route.ts';
import type { CompiledMiddleware } from './compiled-middleware.ts';

/** A router's middlewares as its route has them: in order on requests, in reverse on responses. */
export function buildPipeline(
  middlewares: readonly CompiledMiddleware[],
): Pick<Route, 'requestSteps' | 'stepEdits' | 'responseEdits'> {
  const requestSteps: RequestStep[] = [];
  const stepEdits: ResponseEdits[] = [];
  let edits: readonly ResponseEdit[] = [];
  for (const { request, response } of middlewares) {
    if (request !== undefined) {
      requestSteps.push(request);
      stepEdits.push(joinEdits(edits));
    }
    if (response !== undefined) edits = [...response, ...edits];
  }
  return { requestSteps, stepEdits, responseEdits: joinEdits(edits) };
}
