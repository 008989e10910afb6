import { describe, expect, test } from 'vitest';
import { valueFault } from '../../../src/config/label-check.ts';
import { optionPath } from '../../../src/config/label-option.ts';
import { findLabel, LABEL_OPTIONS } from '../../../src/config/label-table.ts';

/** A label that a person could write for an option's path. */
function example(path: string): string[] {
  return path.replaceAll(/<\w+>/g, 'x').replace('[n]', '[0]').replace('**', 'a.b').split('.');
}

describe('every option of the table', () => {
  test('is found under its own path', () => {
    for (const option of LABEL_OPTIONS) expect(findLabel('sluice', example(optionPath(option))).option).toBe(option);
  });

  test('is found with the prefix traefik, unless it is shorthand', () => {
    for (const option of LABEL_OPTIONS) {
      const found = findLabel('traefik', example(optionPath(option))).option;
      expect(found).toBe(option.object === 'site' ? undefined : option);
    }
  });

  test('of the shorthand is found for a named site', () => {
    for (const option of LABEL_OPTIONS.filter(({ object }) => object === 'site')) {
      expect(findLabel('sluice', ['shop', ...example(option.key)])).toMatchObject({ option });
    }
  });

  test('stands there once', () => {
    const paths = LABEL_OPTIONS.map((option) => `${option.object} ${option.key}`);
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('has a default and a meaning for the reference', () => {
    for (const option of LABEL_OPTIONS) {
      expect(option.fallback, optionPath(option)).not.toBe('');
      expect(option.meaning, optionPath(option)).not.toBe('');
    }
  });

  test('has a default that is a value of it', () => {
    for (const option of LABEL_OPTIONS) {
      const said = /^`([^`]+)`/.exec(option.fallback)?.[1];
      if (said !== undefined) expect(valueFault(option, said), optionPath(option)).toBeUndefined();
    }
  });

  test('of type word has words, and no other has', () => {
    for (const { type, words } of LABEL_OPTIONS) expect(words !== undefined).toBe(type === 'word');
  });
});

describe('hints', () => {
  test.for([
    { prefix: 'sluice', label: 'hots', hint: 'did you mean sluice.host?' },
    { prefix: 'sluice', label: 'shop.prot', hint: 'did you mean sluice.shop.port?' },
    { prefix: 'sluice', label: 'http.router.a.rule', hint: 'did you mean sluice.http.routers.a.rule?' },
    { prefix: 'traefik', label: 'htp.routers.a.rule', hint: 'did you mean traefik.http.routers.a.rule?' },
    { prefix: 'traefik', label: 'enabled', hint: 'did you mean traefik.enable?' },
    { prefix: 'traefik', label: 'port', hint: 'did you mean sluice.port?' },
    {
      prefix: 'traefik',
      label: 'http.routers.a.tls.cert-resolver',
      hint: 'did you mean traefik.http.routers.a.tls.certresolver?',
    },
    {
      prefix: 'traefik',
      label: 'http.middlewares.a.basicauth.user',
      hint: 'did you mean traefik.http.middlewares.a.basicauth.users?',
    },
    { prefix: 'traefik', label: 'http.routers', hint: 'remove it' },
    { prefix: 'traefik', label: 'frontend.rule', hint: 'expected one of enable, docker, swarm, tls, http, tcp, udp' },
  ] as const)('$prefix.$label: $hint', ({ prefix, label, hint }) => {
    expect(findLabel(prefix, label.split('.'))).toEqual({ option: undefined, hint });
  });
});
