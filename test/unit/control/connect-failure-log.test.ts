import { expect, test } from 'vitest';
import { ConnectFailureLog } from '../../../src/control/connect-failure-log.ts';
import { collectLogger } from '../../support/collect-logger.ts';

const failure = (code: string, detail = '', serverId = 'c/10.0.0.1:80') =>
  ({ type: 'connect-failed', serverId, code, detail }) as const;

test('a server that is refused or gone is for debugging', () => {
  const { logger, lines } = collectLogger();
  new ConnectFailureLog(logger).add(failure('upstream_refused'));
  expect(lines).toEqual([
    {
      level: 'debug',
      message: 'connection to server failed',
      fields: { server: 'c/10.0.0.1:80', reason: 'upstream_refused' },
    },
  ]);
});

test('one that is not who it should be is a warning with its reason, once a minute', () => {
  let now = 0;
  const { logger, lines } = collectLogger();
  const log = new ConnectFailureLog(logger, () => now);
  const warnings = (): unknown[] => lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields);
  log.add(failure('upstream_tls', 'certificate has expired'));
  now = 59_999;
  log.add(failure('upstream_tls', 'certificate has expired'));
  const expired = { server: 'c/10.0.0.1:80', reason: 'upstream_tls', detail: 'certificate has expired' };
  expect(warnings()).toEqual([expired]);
  log.add(failure('upstream_tls', 'self-signed certificate'));
  log.add(failure('upstream_tls', 'certificate has expired', 'other'));
  now = 60_000;
  log.add(failure('upstream_tls', 'certificate has expired'));
  expect(warnings()).toEqual([
    expired,
    { ...expired, detail: 'self-signed certificate' },
    { ...expired, server: 'other' },
    expired,
  ]);
});
