import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './client-limits.ts';
import type { OwnOptions } from './own-static.ts';

const MEGABYTE = 1_048_576;
const MAX_COUNT = 1_000_000;

/** What our own options say of clients' connections; the rest has its default, or what Traefik's options say. */
export function readClientLimits(own: OwnOptions, defaults: ClientLimits = DEFAULT_CLIENT_LIMITS): ClientLimits {
  return {
    headBytes: own.int('max-head', 1024, MEGABYTE) ?? defaults.headBytes,
    requestLineBytes: own.int('max-request-line', 256, MEGABYTE) ?? defaults.requestLineBytes,
    fields: own.int('max-fields', 10, 10_000) ?? defaults.fields,
    headMs: own.deadlineMs('head-timeout') ?? defaults.headMs,
    bodyIdleMs: own.deadlineMs('body-timeout') ?? defaults.bodyIdleMs,
    bodyBytesPerSecond: own.int('min-body-rate', 0, MEGABYTE) ?? defaults.bodyBytesPerSecond,
    keepAliveMs: own.deadlineMs('keepalive-timeout') ?? defaults.keepAliveMs,
    requests: own.int('keepalive-requests', 1, MAX_COUNT) ?? defaults.requests,
    stallMs: own.deadlineMs('write-timeout') ?? defaults.stallMs,
    tunnelIdleMs: own.deadlineMs('tunnel-timeout') ?? defaults.tunnelIdleMs,
  };
}
