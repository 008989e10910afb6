import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { editFields, type HeaderEdits, mergeEdits } from './header-edits.ts';
import type { ResponseMessage } from './message.ts';

/** Edits known beforehand, or chosen for one exchange (undefined: none). */
export type ResponseEdit = HeaderEdits | ((exchange: Exchange) => HeaderEdits | undefined);

/** Edits of one response, in order; undefined: there are none and never will be. */
export type ResponseEdits = readonly ResponseEdit[] | undefined;

/** The same edits in as few steps as possible: those known beforehand become one wherever they are neighbours. */
export function joinEdits(edits: readonly ResponseEdit[]): ResponseEdits {
  const joined: ResponseEdit[] = [];
  for (const edit of edits) {
    const last = joined.at(-1);
    if (last === undefined || typeof last === 'function' || typeof edit === 'function') joined.push(edit);
    else joined[joined.length - 1] = mergeEdits(last, edit);
  }
  return joined.length === 0 ? undefined : joined;
}

/** A server's response after its edits; its framing and its Date cannot be edited. */
export function editResponse(response: ResponseMessage, edits: ResponseEdits, exchange: Exchange): ResponseMessage {
  if (edits === undefined) return response;
  const { status, reason, body, contentLength, hasDate } = response;
  return { status, reason, fields: edit(response.fields, edits, exchange), body, contentLength, hasDate };
}

/** The same response with more field lines. */
export function addFields(response: ResponseMessage, lines: string): ResponseMessage {
  const { status, reason, fields, body, contentLength, hasDate } = response;
  return { status, reason, fields: fields + lines, body, contentLength, hasDate };
}

/** An answer of ours after its edits. */
export function editAnswer(answer: Answer, edits: ResponseEdits, exchange: Exchange): Answer {
  return edits === undefined ? answer : { ...answer, fields: edit(answer.fields, edits, exchange) };
}

function edit(fields: string, edits: readonly ResponseEdit[], exchange: Exchange): string {
  let edited = fields;
  for (const one of edits) {
    const chosen = typeof one === 'function' ? one(exchange) : one;
    if (chosen !== undefined) edited = editFields(edited, chosen);
  }
  return edited;
}
