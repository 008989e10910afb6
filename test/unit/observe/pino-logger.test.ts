import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../src/observe/pino-logger.ts';

function lines(format: 'json' | 'pretty', level: 'info' | 'debug' = 'info') {
  const written: string[] = [];
  return { written, logger: createLogger({ logLevel: level, logFormat: format }, (line) => written.push(line)) };
}

describe('json', () => {
  test('one object a line, with the component of the part', () => {
    const { written, logger } = lines('json');
    logger.child({ component: 'docker' }).warn({ retryInMs: 100 }, 'engine lost');
    const record = JSON.parse(written[0]!) as Record<string, unknown>;
    expect(record).toMatchObject({ level: 'warn', component: 'docker', retryInMs: 100, msg: 'engine lost' });
    expect(Date.parse(String(record['time']))).not.toBeNaN();
  });

  test('below the level nothing is written', () => {
    const { written, logger } = lines('json');
    logger.debug({}, 'quiet');
    expect(written).toEqual([]);
  });

  test('secrets never reach the log', () => {
    const { written, logger } = lines('json');
    logger.error(
      { authorization: 'Basic x', request: { cookie: 'c=secret' }, pair: { keyPem: 'KEY' }, hmacKey: 'h' },
      'm',
    );
    for (const secret of ['Basic x', 'secret', 'KEY', '"h"']) expect(written[0]).not.toContain(secret);
  });
});

test('pretty: time, level, part, message, fields', () => {
  const { written, logger } = lines('pretty', 'debug');
  logger.child({ component: 'acme' }).debug({ host: 'a.test', detail: 'two words', n: 1 }, 'obtaining');
  expect(written[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} debug acme: obtaining {2}host=a\.test detail="two words" n=1\n$/);
});
