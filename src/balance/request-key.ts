import type { HashKey } from '../config/dynamic.ts';
import type { LeaseRequest } from './strategy.ts';

/** What tells requests apart for a hash; the visitor's address where a request does not have what is asked for. */
export function requestKey(key: HashKey | undefined, request: LeaseRequest): string {
  if (key === undefined) return request.visitorAddress;
  const value =
    key.from === 'cookie' ? cookieValue(request.headerValues('cookie'), key.name) : fieldValue(key, request);
  return value === undefined || value === '' ? request.visitorAddress : value;
}

function fieldValue({ name }: HashKey, request: LeaseRequest): string | undefined {
  return name === 'host' ? request.host : request.headerValues(name)[0];
}

/** Value of the first cookie of this name (RFC 6265 4.2.1). */
function cookieValue(lines: readonly string[], name: string): string | undefined {
  for (const line of lines) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}
