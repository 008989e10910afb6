import { mixBits, textHash } from '../lib/text-hash.ts';
import type { HealthCheckConfig } from './dynamic.ts';

/**
 * The identity of a server that is judged by an active check: that of its address, and a hash of the check's settings. Two services that
 * check one address differently have two servers there, and neither's judgement is the other's.
 */
export function checkedServerId(id: string, check: HealthCheckConfig): string {
  const hash = mixBits(textHash(JSON.stringify(check))) >>> 0;
  return `${id} ${hash.toString(16).padStart(8, '0')}`;
}

/** The same without the check: what visitors are bound to, so that another check moves none of them. */
export function plainServerId(id: string): string {
  return id.replace(/ [0-9a-f]{8}$/, '');
}
