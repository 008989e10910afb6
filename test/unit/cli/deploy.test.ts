import { describe, expect, test } from 'vitest';
import type { ServiceRow } from '../../../src/admin/service-rows.ts';
import { judge, readDeployArguments } from '../../../src/cli/deploy.ts';
import { findService } from '../../../src/cli/find-service.ts';

type Server = ServiceRow['servers'][number];

function row(changes: Partial<ServiceRow> = {}): ServiceRow {
  return {
    name: 'web-app@docker',
    provider: 'docker',
    containers: [],
    composeServices: [],
    servers: [],
    leaving: [],
    usedBy: [],
    status: 'enabled',
    problems: [],
    ...changes,
  };
}

const server = (container: string, state: Server['state'], reason = 'r'): Server => {
  return { url: 'http://10.0.0.1:80', container, state, reason };
};
const leaving = (requests: number) => ({ url: 'u', container: 'old', state: 'gone', requests }) as const;

describe('arguments', () => {
  test.for([
    [['--wait', 'web'], { service: 'web', timeoutMs: 60_000, rest: [] }],
    [['--timeout=2m', '--wait=web@docker'], { service: 'web@docker', timeoutMs: 120_000, rest: [] }],
    [['--admin', ':1', '--wait', 'web'], { service: 'web', timeoutMs: 60_000, rest: ['--admin', ':1'] }],
  ] as const)('%j', ([args, expected]) => {
    expect(readDeployArguments(args)).toEqual(expected);
  });

  test.for([
    [[], '--wait is missing: the service to wait for'],
    [['web'], '--wait is missing: the service to wait for'],
    [['--wait'], '--wait: a value is missing'],
    [['--wait', 'web', '--timeout', 'soon'], '--timeout: "soon" is no duration; write 60s or 2m'],
  ] as const)('%j is refused', ([args, fault]) => {
    expect(readDeployArguments(args)).toBe(fault);
  });
});

describe('a service is done', () => {
  test.for<readonly [string, Partial<ServiceRow>, boolean, string]>([
    ['all are ready', { servers: [server('a', 'ready'), server('b', 'ready')] }, true, '2 of 2 ready'],
    [
      'one starts',
      { servers: [server('a', 'ready'), server('b', 'starting', 'nothing accepts connections at 10.0.0.3:80 yet')] },
      false,
      '1 of 2 ready; b starting: nothing accepts connections at 10.0.0.3:80 yet',
    ],
    [
      'one is down',
      { servers: [server('a', 'down', 'Docker says unhealthy')] },
      false,
      '0 of 1 ready; a down: Docker says unhealthy',
    ],
    [
      'no router sends to it',
      { servers: [server('a', 'unused', 'no router')] },
      false,
      '0 of 1 ready; a unused: no router',
    ],
    ['none is there', {}, false, 'no container of it runs'],
    ['all are told to stop', { servers: [server('a', 'draining')] }, false, 'no container of it runs'],
    [
      'an old one has nothing to do',
      { servers: [server('a', 'ready'), server('old', 'draining')] },
      true,
      '1 of 1 ready',
    ],
    [
      'an old one is busy',
      { servers: [server('a', 'ready')], leaving: [leaving(1)] },
      false,
      '1 of 1 ready; old old finishes 1 request',
    ],
    [
      'an old one is very busy',
      { servers: [server('a', 'ready')], leaving: [leaving(2)] },
      false,
      '1 of 1 ready; old old finishes 2 requests',
    ],
    [
      'its fault is told',
      {
        problems: [
          {
            severity: 'error',
            code: 'address_missing',
            provider: 'docker',
            message: 'no port',
            hint: 'set sluice.port',
          },
        ],
      },
      false,
      'no container of it runs; no port; set sluice.port',
    ],
  ])('%s', ([, changes, isDone, text]) => {
    const { summary, reasons, ...state } = judge(row(changes));
    expect([state.isDone, [summary, ...reasons].join('; ')]).toEqual([isDone, text]);
  });
});

describe('a service is found by', () => {
  const rows = [
    row({ composeServices: ['app'] }),
    row({ name: 'api@docker', composeServices: ['backend'] }),
    row({ name: 'api@file' }),
    row({ name: 'api-admin@docker', composeServices: ['backend'] }),
  ];

  test.for([
    ['its full name', 'api@file', 'api@file'],
    ['its name', 'web-app', 'web-app@docker'],
    ['its compose service', 'app', 'web-app@docker'],
  ])('%s', ([, word, name]) => {
    expect(findService(word!, rows)).toMatchObject({ row: { name } });
  });

  test.for([
    ['api', true, 'api may be several services: name one of api@docker, api@file'],
    ['backend', true, 'backend may be several services: name one of api@docker, api-admin@docker'],
    ['web-ap', false, 'there is no service web-ap; did you mean web-app@docker?'],
    ['backnd', false, 'there is no service backnd; did you mean api@docker?'],
    [
      'zzzzzzzz',
      false,
      'there is no service zzzzzzzz; there are web-app@docker, api@docker, api@file, api-admin@docker',
    ],
  ] as const)('%s: not', ([word, isAmbiguous, fault]) => {
    expect(findService(word, rows)).toEqual({ fault, isAmbiguous });
  });
});
