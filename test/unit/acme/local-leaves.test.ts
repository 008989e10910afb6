import { expect, test } from 'vitest';
import { createLocalLeaves, type LocalLeaves } from '../../../src/acme/local-leaves.ts';
import type { Certificate } from '../../../src/certs/certificate.ts';
import type { LocalAuthority } from '../../../src/certs/local-authority.ts';
import { collectLogger } from '../../support/collect-logger.ts';

/** Leaves made of counting; time moves only when told. */
function open(): {
  readonly leaves: LocalLeaves;
  readonly made: string[];
  readonly changes: () => number;
  readonly levels: () => readonly string[];
  readonly at: (ms: number) => void;
  readonly breakNext: () => void;
} {
  const made: string[] = [];
  let changes = 0;
  let now = 0;
  let isBroken = false;
  const localAuthority = {
    isDue: ({ notAfter }: Certificate, at: number) => notAfter - at < 30,
    leaf: async (names: readonly string[], { keep }: { keep: boolean }): Promise<Certificate> => {
      if (isBroken) {
        isBroken = false;
        throw new Error('no entropy');
      }
      made.push(`${names.join()}${keep ? ' kept' : ''}`);
      const dates = { notBefore: now, notAfter: now + 90 };
      return { id: `${made.length}`, names, keyPem: '', chainPem: '', ...dates, source: 'local', issuer: '' };
    },
  } as Partial<LocalAuthority> as LocalAuthority;
  const { logger, lines } = collectLogger();
  const leaves = createLocalLeaves({ localAuthority, now: () => now, logger, onChange: () => void (changes += 1) });
  return {
    leaves,
    made,
    changes: () => changes,
    levels: () => lines.map(({ level }) => level),
    at: (ms) => void (now = ms),
    breakNext: () => void (isBroken = true),
  };
}

const A = { names: ['a.localhost'], keep: true };
const B = { names: ['b.test', 'c.test'], keep: false };

test('what is wanted is made once, and told of once for a batch', async () => {
  const { leaves, made, changes } = open();
  leaves.want([A, B]);
  expect(leaves.get(A.names)).toBeUndefined();
  await leaves.idle();
  expect(made).toEqual(['a.localhost kept', 'b.test,c.test']);
  expect(changes()).toBe(1);
  leaves.want([A, B]);
  await leaves.idle();
  expect([made.length, changes()]).toEqual([2, 1]);
  expect(leaves.get(B.names)?.id).toBe('2');
});

test('what is not wanted any more goes', async () => {
  const { leaves } = open();
  leaves.want([A, B]);
  await leaves.idle();
  leaves.want([B]);
  expect(leaves.get(A.names)).toBeUndefined();
  expect(leaves.get(B.names)).toBeDefined();
});

test('wishes that change while leaves are made are followed', async () => {
  const { leaves, made } = open();
  const many = Array.from({ length: 20 }, (_, index) => ({ names: [`n${index}.test`], keep: false }));
  leaves.want(many);
  await Promise.resolve();
  leaves.want([A]);
  await leaves.idle();
  expect(made.at(-1)).toBe('a.localhost kept');
  expect(made.length).toBeLessThan(20);
});

test('one that is due is made anew, and the old one serves meanwhile', async () => {
  const { leaves, made, at } = open();
  leaves.want([A]);
  await leaves.idle();
  at(61);
  leaves.want([A]);
  expect(leaves.get(A.names)?.id).toBe('1');
  await leaves.idle();
  expect(leaves.get(A.names)?.id).toBe('2');
  expect(made).toHaveLength(2);
});

test('a failure is said, and the next wish tries again', async () => {
  const { leaves, levels, breakNext } = open();
  breakNext();
  leaves.want([A]);
  await leaves.idle();
  expect(leaves.get(A.names)).toBeUndefined();
  expect(levels()).toEqual(['error']);
  leaves.want([A]);
  await leaves.idle();
  expect(leaves.get(A.names)).toBeDefined();
});

test('nothing wanted is nothing to wait for', async () => {
  const { leaves, changes } = open();
  leaves.want([]);
  await leaves.idle();
  expect(changes()).toBe(0);
});
