import { DEFAULT_TRANSPORT } from '../config/default-transport.ts';
import type { TransportTimeouts } from '../config/dynamic.ts';
import { type Answer, reasonPhrase } from './answer.ts';
import { type FailureReason, FAILURES } from './failure.ts';
import { fieldValues } from './fields.ts';

/** Statuses of gRPC that ours become, as its clients translate those of HTTP; every other is UNKNOWN. */
const CODES: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  408: 1,
  413: 8,
  429: 14,
  431: 8,
  502: 14,
  503: 14,
  504: 14,
};
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
/** Milliseconds that a server has beyond its caller's deadline: both know it, and have better words for it. */
export const DEADLINE_GRACE_MS = 1000;

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Whether a value of Content-Type says that the payload is gRPC; `grpc-web` is plain HTTP with an encoding of its own. */
export function isGrpcType(value: string): boolean {
  return /^application\/grpc(?:[+;\s]|$)/i.test(value);
}

/** The answer to a gRPC client instead of a page: trailers alone, which its library makes a status of. */
export function grpcAnswer(reason: FailureReason, requestId: string, status: number = FAILURES[reason].status): Answer {
  const code = reason === 'response_timeout' ? DEADLINE_EXCEEDED : (CODES[status] ?? UNKNOWN);
  const message = `${reasonPhrase(status)}, request ${requestId}`;
  const fields = `content-type: application/grpc\r\ngrpc-status: ${code}\r\ngrpc-message: ${message}\r\n`;
  return { status: 200, fields, body: '', close: FAILURES[reason].close };
}

/**
 * Milliseconds that a server may take to begin its response to a gRPC call where the caller gives it no less: what a setting says, or as long
 * as a tunnel may be silent, because what the call waits for may be the next event of the day.
 */
export function grpcHeadMs({ responseHeadMs }: TransportTimeouts, silentMs: number): number {
  return responseHeadMs === DEFAULT_TRANSPORT.timeouts.responseHeadMs ? silentMs : responseHeadMs;
}

/** Milliseconds until the caller gives a gRPC call up (`grpc-timeout`); Infinity: he said nothing. */
export function grpcDeadlineMs(fields: string): number {
  const match = /^(\d{1,8})([HMSmun])$/.exec(fieldValues(fields, 'grpc-timeout')[0] ?? '');
  return match === null ? Infinity : Number(match[1]) * UNITS[match[2]!]!;
}

/** Milliseconds between two pieces of a response that is a stream of messages: they come when there is something to say. */
export function streamIdleMs({ responseIdleMs }: TransportTimeouts, silentMs: number): number {
  return responseIdleMs === DEFAULT_TRANSPORT.timeouts.responseIdleMs ? silentMs : responseIdleMs;
}
