import { type ClientLimits, DEFAULT_CLIENT_LIMITS as DEFAULTS } from './client-limits.ts';
import type { OwnOptions } from './own-static.ts';

const MEGABYTE = 1_048_576;
const MAX_COUNT = 1_000_000;

/** What our own options say of clients' connections; the rest has its default. */
export function readClientLimits(own: OwnOptions): ClientLimits {
  return {
    headBytes: own.int('max-head', 1024, MEGABYTE) ?? DEFAULTS.headBytes,
    requestLineBytes: own.int('max-request-line', 256, MEGABYTE) ?? DEFAULTS.requestLineBytes,
    fields: own.int('max-fields', 10, 10_000) ?? DEFAULTS.fields,
    headMs: own.deadlineMs('head-timeout') ?? DEFAULTS.headMs,
    bodyIdleMs: own.deadlineMs('body-timeout') ?? DEFAULTS.bodyIdleMs,
    bodyBytesPerSecond: own.int('min-body-rate', 0, MEGABYTE) ?? DEFAULTS.bodyBytesPerSecond,
    keepAliveMs: own.deadlineMs('keepalive-timeout') ?? DEFAULTS.keepAliveMs,
    requests: own.int('keepalive-requests', 1, MAX_COUNT) ?? DEFAULTS.requests,
    stallMs: own.deadlineMs('write-timeout') ?? DEFAULTS.stallMs,
    tunnelIdleMs: own.deadlineMs('tunnel-timeout') ?? DEFAULTS.tunnelIdleMs,
  };
}
