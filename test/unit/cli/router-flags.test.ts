import { describe, expect, test } from 'vitest';
import { parseRouterFlags, readRouterFlags } from '../../../src/cli/router-flags.ts';

describe('parseRouterFlags', () => {
  test.for([
    { words: ['node', '/app/src/main.ts'], flags: [] },
    { words: ['node', '/app/src/main.ts', '--admin', ':9000'], flags: ['--admin', ':9000'] },
    { words: ['node', '/app/src/main.ts', 'run', '--admin=:9000'], flags: ['--admin=:9000'] },
    { words: ['node', '/app/src/main.ts', 'traefik', '--api.insecure=true'], flags: ['--api.insecure=true'] },
    { words: ['node', '/app/src/main.ts', 'sluice', 'run', '--data', '/d'], flags: ['--data', '/d'] },
    { words: ['/sbin/docker-init', '--', 'node', '/app/src/main.ts', '--data=/d'], flags: ['--data=/d'] },
    { words: ['node', '/usr/local/bin/sluice', '--data=/d'], flags: ['--data=/d'] },
    { words: ['node', '/app/src/main.ts', '--domain', ''], flags: ['--domain', ''] },
    { words: ['node', '/app/src/main.ts', 'certs', 'root'], flags: [] },
    { words: ['/sbin/init', '--switched-root'], flags: [] },
    { words: ['node', '/srv/other/main.ts', '--admin'], flags: [] },
    { words: [], flags: [] },
  ])('$words', ({ words, flags }) => {
    expect(parseRouterFlags(words.map((word) => `${word}\0`).join(''))).toEqual(flags);
  });
});

test('where nothing can be read there are none', () => {
  expect(readRouterFlags('/nowhere/cmdline')).toEqual([]);
});
