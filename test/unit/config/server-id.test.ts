import { expect, test } from 'vitest';
import { checkedServerId, plainServerId } from '../../../src/config/server-id.ts';
import { healthCheck } from '../../support/server-config.ts';

const CHECK = healthCheck();

test.for(['c/10.0.0.1:80', 'http://10.0.0.1:80', 'c/[2001:db8::1]:80', '/my files/app.yml/10.0.0.1:80'])(
  'the check is a part of the identity of %s, and can be taken off',
  (id) => {
    const checked = checkedServerId(id, CHECK);
    expect(checked).not.toBe(id);
    expect(checked.startsWith(`${id} `)).toBe(true);
    expect(plainServerId(checked)).toBe(id);
    expect(plainServerId(id)).toBe(id);
  },
);

test('equal settings are one identity, others are another', () => {
  expect(checkedServerId('c', { ...CHECK })).toBe(checkedServerId('c', CHECK));
  const others = [{ path: '/b' }, { port: 81 }, { fall: 4 }, { headers: [['a', 'b']] as const }];
  const ids = others.map((other) => checkedServerId('c', { ...CHECK, ...other }));
  expect(new Set([...ids, checkedServerId('c', CHECK)]).size).toBe(5);
});
