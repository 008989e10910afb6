import { expect, test } from 'vitest';
import { DEFAULT_TRANSPORT } from '../../../src/config/default-transport.ts';
import { failureAnswer } from '../../../src/http/answer.ts';
import type { FailureReason } from '../../../src/http/failure.ts';
import { grpcAnswer, grpcDeadlineMs, grpcHeadMs, isGrpcType, streamIdleMs } from '../../../src/http/grpc.ts';

const { timeouts } = DEFAULT_TRANSPORT;

test.for([
  ['application/grpc', true],
  ['application/grpc+proto', true],
  ['Application/gRPC; a=b', true],
  ['application/grpc-web', false],
  ['application/grpc-web+proto', false],
  ['application/grpcx', false],
  ['text/application/grpc', false],
] as const)('a payload of %s is gRPC: %s', ([type, isGrpc]) => {
  expect(isGrpcType(type)).toBe(isGrpc);
});

test.for<[FailureReason, number]>([
  ['no_router', 12],
  ['auth_missing', 16],
  ['not_allowed', 7],
  ['no_server', 14],
  ['upstream_reset', 14],
  ['connect_timeout', 14],
  ['response_timeout', 4],
  ['body_too_large', 8],
  ['bad_path', 13],
  ['internal', 2],
])('%s is gRPC’s status %i, in trailers alone', ([reason, code]) => {
  const answer = grpcAnswer(reason, 'req-1');
  expect([answer.status, answer.body, answer.close]).toEqual([200, '', failureAnswer(reason, 'r', false).close]);
  const lines = answer.fields.split('\r\n').slice(0, -1);
  expect(lines.slice(0, 2)).toEqual(['content-type: application/grpc', `grpc-status: ${code}`]);
  // RFC 3986 2.3 and spaces: what gRPC’s encoding of messages leaves as it is.
  expect(lines[2]).toMatch(/^grpc-message: [A-Za-z ,.'-]+, request req-1$/);
});

test('a middleware’s status counts, not the reason’s', () => {
  expect(grpcAnswer('not_allowed', 'r', 401).fields).toContain('grpc-status: 16\r\n');
});

const set = { ...timeouts, responseHeadMs: 7000, responseIdleMs: 8000 };
test.for([
  ['', Infinity],
  ['grpc-timeout: 2S\r\n', 2000],
  ['a: b\r\nGrpc-Timeout: 250m\r\n', 250],
  ['grpc-timeout: 1M\r\n', 60_000],
  ['grpc-timeout: 1u\r\n', 0.001],
  ['grpc-timeout: 1n\r\n', 0.000_001],
  ['grpc-timeout: 99999999H\r\n', 359_999_996_400_000],
  ['grpc-timeout: 1\r\n', Infinity],
  ['grpc-timeout: 123456789S\r\n', Infinity],
] as const)('the deadline of a call with %j', ([fields, ms]) => {
  expect(grpcDeadlineMs(fields)).toBe(ms);
});

test('a call waits for its head as long as a tunnel may be silent, unless a setting says how long', () => {
  expect([grpcHeadMs(timeouts, 99_000), grpcHeadMs(set, 99_000)]).toEqual([99_000, 7000]);
});

test('messages come when there are some, unless a setting says how long they may take', () => {
  expect([streamIdleMs(timeouts, 99_000), streamIdleMs(set, 99_000)]).toEqual([99_000, 8000]);
});
