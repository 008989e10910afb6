import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UserCertificates } from '../../../src/control/user-certificates.ts';
import { collectLogger, type LogLine } from '../../support/collect-logger.ts';
import { createTestCa, type IssuedPair, issueCertificate, type TestCa } from '../../support/issue-certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DAY = 86_400_000;
const FIXTURES = new URL('../../fixtures/pkcs12/', import.meta.url).pathname;

let ca: TestCa;

beforeAll(async () => {
  ca = await createTestCa();
});

function issue(names: readonly string[], days = 90): Promise<IssuedPair> {
  return issueCertificate(ca, { names, notBefore: Date.now() - DAY, notAfter: Date.now() + days * DAY });
}

interface Bench {
  readonly folder: string;
  readonly own: UserCertificates;
  readonly lines: readonly LogLine[];
  changes: number;
  /** Milliseconds that the clock is ahead. */
  ahead: number;
  put(name: string, text: string): void;
  putPair(name: string, pair: IssuedPair): void;
  served(): readonly string[];
  errors(): readonly unknown[];
}

async function bench(isFolderNamed = true): Promise<Bench> {
  const folder = join(await temporaryFolder(), 'certs');
  mkdirSync(folder);
  const { logger, lines } = collectLogger();
  const own: UserCertificates = new UserCertificates({
    folder,
    isFolderNamed,
    now: () => Date.now() + made.ahead,
    logger,
    onChange: () => (made.changes += 1),
    everyMs: 3_600_000,
  });
  onTestFinished(() => own.stop());
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const made: Bench = {
    folder,
    own,
    lines,
    changes: 0,
    ahead: 0,
    put,
    putPair: (name, pair) => {
      put(`${name}.crt`, pair.chainPem);
      put(`${name}.key`, pair.keyPem);
    },
    served: () => own.certificates.flatMap(({ names }) => names).sort(),
    errors: () => lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['reason']),
  };
  return made;
}

describe('a folder', () => {
  test('pairs come, change and go', async () => {
    const b = await bench();
    b.putPair('a', await issue(['a.test']));
    await b.own.start();
    expect([b.served(), b.changes]).toEqual([['a.test'], 1]);
    b.putPair('b', await issue(['b.test', '*.b.test']));
    await b.own.look();
    expect(b.served()).toEqual(['*.b.test', 'a.test', 'b.test']);
    b.putPair('a', await issue(['a2.test']));
    await b.own.look();
    expect(b.served()).toEqual(['*.b.test', 'a2.test', 'b.test']);
    await b.own.look();
    expect(b.changes).toBe(3);
    rmSync(join(b.folder, 'b.crt'));
    rmSync(join(b.folder, 'b.key'));
    await b.own.look();
    await b.own.look();
    expect(b.served()).toEqual(['a2.test']);
    expect(b.errors()).toEqual([]);
    expect(b.own.certificates[0]).toMatchObject({ source: 'user', issuer: 'Test CA' });
  });

  test('of a pair that is being replaced the old one serves, without a word', async () => {
    const b = await bench();
    b.putPair('a', await issue(['old.test']));
    await b.own.start();
    const next = await issue(['new.test']);
    b.put('a.crt', next.chainPem.slice(0, 300));
    await b.own.look();
    b.put('a.crt', next.chainPem);
    await b.own.look();
    rmSync(join(b.folder, 'a.key'));
    await b.own.look();
    expect(b.served()).toEqual(['old.test']);
    b.put('a.key', next.keyPem);
    await b.own.look();
    expect([b.served(), b.errors()]).toEqual([['new.test'], []]);
    renameSync(join(b.folder, 'a.crt'), join(b.folder, '.moved'));
    await b.own.look();
    expect(b.served()).toEqual(['new.test']);
    renameSync(join(b.folder, '.moved'), join(b.folder, 'a.crt'));
    await b.own.look();
    expect([b.served(), b.changes]).toEqual([['new.test'], 2]);
  });

  test('one file with both, PKCS#12, and the default certificate', async () => {
    const b = await bench();
    const both = await issue(['both.test']);
    b.put('both.pem', `a comment\n${both.keyPem}${both.chainPem}`);
    copyFileSync(join(FIXTURES, 'ec.p12'), join(b.folder, 'ec.p12'));
    b.put('ec.p12.password', 'secret\n');
    copyFileSync(join(FIXTURES, 'rsa.p12'), join(b.folder, 'rsa.pfx'));
    b.putPair('default', await issue(['default.test']));
    await b.own.start();
    expect(b.served()).toEqual(['both.test', 'default.test', 'ec.test', 'rsa.test']);
    expect(b.own.defaultCertificate?.names).toEqual(['default.test']);
    expect(b.errors()).toEqual([]);
  });

  test('a bad pair costs itself only, and is told once, when it stays bad', async () => {
    const b = await bench();
    b.putPair('good', await issue(['good.test']));
    const [one, other] = [await issue(['one.test']), await issue(['other.test'])];
    b.putPair('mixed', { chainPem: one.chainPem, keyPem: other.keyPem });
    b.put('alone.crt', one.chainPem);
    b.put('text.pem', 'nothing');
    b.putPair('nameless', await issue([]));
    copyFileSync(join(FIXTURES, 'ec.p12'), join(b.folder, 'locked.p12'));
    b.putPair('locked', {
      chainPem: one.chainPem,
      keyPem: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n',
    });
    await b.own.start();
    expect([b.served(), b.errors()]).toEqual([['good.test'], []]);
    b.ahead = 5000;
    await b.own.look();
    await b.own.look();
    const at = (name: string): string => join(b.folder, name);
    expect(new Set(b.errors())).toEqual(
      new Set([
        `${at('alone.crt')} has a certificate and no key`,
        `${at('locked.p12')}: the password of the file is wrong`,
        `${at('mixed.crt')}: the private key does not belong to the certificate`,
        `${at('nameless.crt')}: the certificate has no subject alternative name`,
        `${at('text.pem')} has no PEM certificate`,
        `the private key in ${at('locked.key')} is encrypted`,
      ]),
    );
    const hints = b.lines.filter(({ level }) => level === 'error').map(({ fields }) => String(fields['hint']));
    expect(hints.every((hint) => hint.length > 10)).toBe(true);
    expect(JSON.stringify(b.lines)).not.toContain('BEGIN');
  });

  test('that is not there is told when somebody named it, once', async () => {
    for (const isNamed of [true, false]) {
      const b = await bench(isNamed);
      rmSync(b.folder, { recursive: true });
      await b.own.start();
      b.ahead = 5000;
      await b.own.look();
      await b.own.look();
      expect(b.errors()).toEqual(isNamed ? ['there is no such folder'] : []);
      mkdirSync(b.folder);
      b.putPair('a', await issue(['a.test']));
      await b.own.look();
      expect(b.served()).toEqual(['a.test']);
    }
  });

  test('that cannot be read just now changes nothing; of a file too', async () => {
    const b = await bench();
    b.putPair('a', await issue(['a.test']));
    await b.own.start();
    const next = await issue(['next.test']);
    renameSync(b.folder, `${b.folder}.aside`);
    writeFileSync(b.folder, 'no folder');
    for (let look = 0; look < 3; look++) await b.own.look();
    b.ahead = 5000;
    await b.own.look();
    expect([b.served(), b.changes]).toEqual([['a.test'], 1]);
    expect(b.errors()).toEqual([expect.stringContaining('scandir'), expect.stringContaining('a.crt cannot be read')]);
    rmSync(b.folder);
    renameSync(`${b.folder}.aside`, b.folder);
    // A key in the place of which there is a folder: nobody can read that.
    b.put('a.crt', next.chainPem);
    rmSync(join(b.folder, 'a.key'));
    mkdirSync(join(b.folder, 'a.key'));
    await b.own.look();
    expect(b.served()).toEqual(['a.test']);
    rmSync(join(b.folder, 'a.key'), { recursive: true });
    b.put('a.key', next.keyPem);
    await b.own.look();
    expect(b.served()).toEqual(['next.test']);
  });

  test('what expires soon is told once, and once more when it has', async () => {
    const b = await bench();
    b.putPair('soon', await issue(['soon.test'], 10));
    b.putPair('late', await issue(['late.test'], 90));
    await b.own.start();
    await b.own.look();
    const events = (): unknown[] =>
      b.lines.filter(({ level }) => level === 'warn').map(({ fields }) => [fields['event'], fields['names']]);
    expect(events()).toEqual([['cert.expiring', ['soon.test']]]);
    b.ahead = 11 * DAY;
    await b.own.look();
    await b.own.look();
    expect(events()).toEqual([
      ['cert.expiring', ['soon.test']],
      ['cert.expired', ['soon.test']],
    ]);
    expect(b.served()).toEqual(['late.test', 'soon.test']);
  });
});

describe('files that configuration names', () => {
  test('serve beside the folder, as text too, and go when they are not named', async () => {
    const b = await bench();
    const [a, text] = [await issue(['a.test']), await issue(['text.test'])];
    b.putPair('in-folder', await issue(['folder.test']));
    const outside = await temporaryFolder();
    writeFileSync(join(outside, 'a.crt'), a.chainPem);
    writeFileSync(join(outside, 'a.key'), a.keyPem);
    await b.own.start();
    const named = { certFile: join(outside, 'a.crt'), keyFile: join(outside, 'a.key'), isDefault: true, line: 1 };
    await b.own.setFiles([named, { certFile: text.chainPem, keyFile: text.keyPem, isDefault: false, line: 2 }]);
    expect(b.served()).toEqual(['a.test', 'folder.test', 'text.test']);
    expect(b.own.defaultCertificate?.names).toEqual(['a.test']);
    await b.own.setFiles([]);
    await b.own.look();
    expect(b.served()).toEqual(['folder.test']);
    expect(b.own.defaultCertificate).toBeUndefined();
  });

  test('that cannot be read are told with their path', async () => {
    const b = await bench();
    await b.own.start();
    await b.own.setFiles([{ certFile: '/none/a.crt', keyFile: '/none/a.key', isDefault: false, line: 1 }]);
    b.ahead = 5000;
    await b.own.look();
    expect(b.errors()).toEqual([expect.stringContaining('/none/a.crt cannot be read: ENOENT')]);
  });
});

test('pipes, devices and huge files that somebody names cost nobody else', async () => {
  const b = await bench();
  b.putPair('good', await issue(['good.test']));
  const at = (name: string): string => join(b.folder, '..', name);
  execFileSync('mkfifo', [at('pipe')]);
  const huge = at('huge');
  writeFileSync(huge, '');
  truncateSync(huge, 2 ** 31);
  await b.own.start();
  const name = (certFile: string) => ({ certFile, keyFile: join(b.folder, 'good.key'), isDefault: false, line: 1 });
  await b.own.setFiles([at('pipe'), '/dev/zero', huge].map(name));
  b.ahead = 5000;
  await b.own.look();
  expect(b.served()).toEqual(['good.test']);
  expect(b.errors()).toEqual([
    `${at('pipe')} cannot be read: it is no file`,
    '/dev/zero cannot be read: it is no file',
    `${huge} cannot be read: it is larger than 1048576 bytes`,
  ]);
  await b.own.setFiles([]);
  expect(b.served()).toEqual(['good.test']);
});
