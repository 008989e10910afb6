import { octets } from '../lib/octets.ts';

/** A user: name (as octets) and hash. */
export type HtpasswdUser = readonly [name: string, hash: string];

export interface HtpasswdFault {
  readonly message: string;
  readonly hint: string;
}

/** Reads a file of users that a label names. Never throws. */
export type ReadUsersFile = (path: string) => { readonly users: readonly HtpasswdUser[] } | HtpasswdFault;

/** Above it one check takes seconds, and whoever knocks often enough would keep everybody out. */
const MAX_COST = 14;

/** Reads `name:hash`. A fault names the user and never the rest: it may be a password. */
export function parseHtpasswdUser(entry: string): HtpasswdUser | HtpasswdFault {
  const colon = entry.indexOf(':');
  if (colon < 1) {
    return { message: 'an entry is not NAME:HASH', hint: 'make one with htpasswd -nbB NAME PASSWORD' };
  }
  const name = entry.slice(0, colon);
  const hash = entry.slice(colon + 1);
  if (/[\0-\x1f\x7f]/.test(name)) {
    return { message: 'a user name has a control character', hint: 'write it without line breaks' };
  }
  const fault = hashFault(name, hash);
  return fault ?? [octets(name), hash];
}

/** `fault.message` is there exactly when it is one. */
export function isHtpasswdFault(parsed: HtpasswdUser | HtpasswdFault): parsed is HtpasswdFault {
  return 'message' in parsed;
}

function hashFault(name: string, hash: string): HtpasswdFault | undefined {
  const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash);
  if (bcrypt !== null) return costFault(name, Number(bcrypt[1]));
  if (/^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(hash)) return undefined;
  if (/^\$(?:1|apr1)\$[./A-Za-z0-9]{0,8}\$[./A-Za-z0-9]{22}$/.test(hash)) return undefined;
  return { message: `what stands behind "${name}:" is no password hash that is known here`, hint: hintFor(name, hash) };
}

function costFault(name: string, cost: number): HtpasswdFault | undefined {
  if (cost >= 4 && cost <= MAX_COST) return undefined;
  return {
    message: `the bcrypt hash of ${name} has the cost ${cost}`,
    hint: `make one with a cost from 4 to ${MAX_COST}: htpasswd -nbB -C 10 ${name} PASSWORD`,
  };
}

/** What most often became of a hash on its way here. */
function hintFor(name: string, hash: string): string {
  if (hash.includes('$$')) return 'a $ is doubled only inside compose.yaml; here every $ of the hash stands once';
  if (!hash.startsWith('$') && !hash.startsWith('{') && (hash === '' || /[./]/.test(hash) || hash.length > 20)) {
    return 'the part behind a $ is gone: compose replaces it; inside compose.yaml write every $ of the hash as $$';
  }
  if (/^\$[56y]\$/.test(hash)) return `make a bcrypt hash instead: htpasswd -nbB ${name} PASSWORD`;
  return `make one with htpasswd -nbB ${name} PASSWORD; inside compose.yaml write every $ as $$`;
}
