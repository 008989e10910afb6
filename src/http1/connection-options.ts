import { removeFields } from '../http/header-edits.ts';
import { equalsIgnoreCase } from './grammar.ts';

/** What `Connection` lines said (rule C1). One object per message head, reset before each. */
export interface ConnectionOptions {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** Other options, lower-case: names of fields to remove. */
  named: string[] | undefined;
}

/** Fields that no connection option may remove (C2): framing, routing, identity, credentials, forwarding family. */
const PROTECTED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'via',
  'cookie',
  'authorization',
  'forwarded',
  'x-real-ip',
  'x-scheme',
  'front-end-https',
]);

/** Adds one `Connection` line's options, of `buf[start, end)`. Empty members are allowed (9110 5.6.1). */
export function addConnectionOptions(options: ConnectionOptions, buf: Buffer, start: number, end: number): void {
  // Nearly every line is one of these two.
  if (equalsIgnoreCase(buf, start, end, 'keep-alive')) options.keepAlive = true;
  else if (equalsIgnoreCase(buf, start, end, 'close')) options.close = true;
  else addList(options, buf.latin1Slice(start, end));
}

function addList(options: ConnectionOptions, value: string): void {
  for (const member of value.split(',')) {
    const option = trimBlanks(member).toLowerCase();
    if (option === '') continue;
    if (option === 'close') options.close = true;
    else if (option === 'keep-alive') options.keepAlive = true;
    else if (option === 'upgrade') options.upgrade = true;
    else if (option !== 'te') (options.named ??= []).push(option);
  }
}

/** X12: what is left of a trailer section when the head it belongs to has named connection options. */
export function keptTrailers(trailers: string, { named }: ConnectionOptions): string {
  return trailers === '' || named === undefined ? trailers : removeNamedFields(trailers, named);
}

/** Removes the fields that `Connection` named from a block of field lines (C1), except the protected ones (C2). */
export function removeNamedFields(fields: string, named: readonly string[]): string {
  const removable = new Set(named.filter((name) => !PROTECTED.has(name) && !name.startsWith('x-forwarded-')));
  return removeFields(fields, removable);
}

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start += 1;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  return text.slice(start, end);
}
