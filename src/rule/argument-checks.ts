import { parseIpNetwork } from '../lib/ip-address.ts';
import { regexpFault } from './regexp-fault.ts';

/** What is wrong with one argument. */
export interface ArgumentCheck {
  readonly message: string;
  readonly hint: string;
}

/** Hosts are compared as ASCII: a name of other characters is written in punycode. */
export function asciiFault(text: string): ArgumentCheck | undefined {
  if (/^[\0-\x7f]*$/.test(text)) return undefined;
  const ascii = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : undefined;
  return {
    message: `${text} has characters that host names do not have`,
    hint: ascii === undefined ? 'write the name in punycode (xn--…)' : `write it in punycode: ${ascii}`,
  };
}

/** A path begins with a slash. */
export function pathFault(path: string): ArgumentCheck | undefined {
  if (path.startsWith('/')) return undefined;
  return { message: `the path ${path} does not start with /`, hint: `write /${path.replace(/^\*/, '')}` };
}

/** A regular expression for host names. */
export function hostRegexpFault(pattern: string): ArgumentCheck | undefined {
  return asciiFault(pattern) ?? regexpFault(pattern);
}

/** An address or a network (rules.md section 7). */
export function networkFault(text: string): ArgumentCheck | undefined {
  if (parseIpNetwork(text) !== undefined) return undefined;
  return {
    message: `${text} is neither an IP address nor a network`,
    hint: 'write an address (192.0.2.1, 2001:db8::1) or a network (192.0.2.0/24), without port and brackets',
  };
}
