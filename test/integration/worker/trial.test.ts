import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { DEFAULT_TLS_POLICY } from '../../../src/config/tls-options.ts';
import type { TrialRequest, TrialVerdict } from '../../../src/protocol.ts';
import { oneService, router, server, startDataPlane, type TestDataPlane } from '../../support/data-plane.ts';

let plane: TestDataPlane;
let acks = 0;

beforeAll(async () => {
  const header = (value: string) => ({ kind: 'match', name: 'Header', args: ['x-a', value] }) as const;
  const strict = { ...DEFAULT_TLS_POLICY, id: 'strict', minVersion: 'TLSv1.3' } as const;
  const overTls = { tls: true, entrypoints: ['https'], tlsOptions: 'strict' };
  plane = await startDataPlane({
    tlsOptions: { strict },
    ...oneService(
      [server(1)],
      [
        router('Host(`s.test`)', { name: 'strict', ...overTls }),
        router('PathPrefix(`/anywhere`)', { name: 'anywhere', ...overTls }),
        router('Host(`b.test`)', { name: 'b' }),
        router('Header(`x-a`, `č`)', { name: 'letters', matcher: header('č') }),
        router('Host(`a.test`)', { name: 'a' }),
      ],
    ),
  });
});

afterAll(() => plane.stop());

async function trial(changes: Partial<TrialRequest>): Promise<TrialVerdict> {
  const ack = --acks;
  const request: TrialRequest = {
    entrypoint: 'http',
    isTls: false,
    method: 'GET',
    target: '/',
    headers: [['host', 'a.test']],
    clientAddress: '203.0.113.1',
    ...changes,
  };
  plane.post({ type: 'trial', ack, request });
  return await vi.waitFor(() => {
    const found = plane.messages.find((message) => message.type === 'verdict' && message.ack === ack);
    if (found?.type !== 'verdict') throw new Error('no verdict yet');
    return found.verdict;
  });
}

const OVER_TLS = { entrypoint: 'https', isTls: true } as const;
const SMUGGLED = 'x\r\nHost: b.test\r\nX: y';

test.for<{ title: string; changes: Partial<TrialRequest>; verdict: TrialVerdict }>([
  { title: 'as it is', changes: {}, verdict: { router: 'a' } },
  {
    title: 'line ends in a value',
    changes: { headers: [['x-b', SMUGGLED]] },
    verdict: { router: undefined, reason: 'bad_field', status: 400 },
  },
  {
    title: 'line ends in the target',
    changes: { target: '/ HTTP/1.1\r\nHost: b.test\r\nX:', headers: [] },
    verdict: { router: undefined, reason: 'bad_field', status: 400 },
  },
  {
    title: 'TLS options that its host gets',
    changes: { ...OVER_TLS, headers: [['host', 's.test']] },
    verdict: { router: 'strict' },
  },
  {
    title: 'TLS options that its host does not get',
    changes: { ...OVER_TLS, target: '/anywhere' },
    verdict: { router: undefined, reason: 'wrong_tls_options', status: 421 },
  },
  {
    title: 'letters whose low bytes are line ends',
    changes: {
      headers: [
        ['host', 'a.test'],
        ['x-b', 'x\u010d\u010aHost: b.test'],
      ],
    },
    verdict: { router: 'a' },
  },
  {
    title: 'a letter in the target: no byte of it may stand there',
    changes: { target: '/č' },
    verdict: { router: undefined, reason: 'bad_start_line', status: 400 },
  },
  {
    title: 'a value beyond Latin-1',
    changes: {
      headers: [
        ['host', 'a.test'],
        ['x-a', 'č'],
      ],
    },
    verdict: { router: 'letters' },
  },
])('a trial with $title', async ({ changes, verdict }) => {
  expect(await trial(changes)).toEqual(verdict);
});
