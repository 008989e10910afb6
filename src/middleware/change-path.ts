import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { removeRequestFields, requestNames } from '../http/header-edits.ts';
import { normalisePath } from '../http/path.ts';

/** Puts another path in place of the exchange's; one that is not clean is refused (P8). */
export function changePath(exchange: Exchange, path: string): Answer | undefined {
  if (normalisePath(path) !== path) return exchange.refusal('bad_path');
  exchange.path = path;
  return undefined;
}

/** As `changePath`; the server is told the path before in `X-Replaced-Path`, which nobody else can say. */
export function replacePathBy(exchange: Exchange, path: string): Answer | undefined {
  const { path: before } = exchange;
  const answer = changePath(exchange, path);
  if (answer !== undefined) return answer;
  exchange.fields = removeRequestFields(exchange.fields, REPLACED);
  exchange.addedFields += `X-Replaced-Path: ${before}\r\n`;
  return undefined;
}

/** As `changePath` for a path of which `prefix` was cut off; the server is told it in `X-Forwarded-Prefix`. */
export function cutPrefix(exchange: Exchange, prefix: string): Answer | undefined {
  const rest = exchange.path.slice(prefix.length);
  const answer = changePath(exchange, rest.startsWith('/') ? rest : `/${rest}`);
  if (answer === undefined) exchange.addedFields += `X-Forwarded-Prefix: ${prefix}\r\n`;
  return answer;
}

const REPLACED = requestNames(['x-replaced-path']);
