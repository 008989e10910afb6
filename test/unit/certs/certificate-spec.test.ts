import { expect, test } from 'vitest';
import { caKey, namesKey, specKey, type CertificateSpec } from '../../../src/certs/certificate-spec.ts';

const spec: CertificateSpec = {
  names: ['a.test', 'b.test'],
  directory: 'https://acme-v02.api.letsencrypt.org/directory',
  profile: undefined,
  keyType: 'ec256',
};

test.for([
  { name: 'host and path', url: spec.directory, key: 'acme-v02.api.letsencrypt.org-directory' },
  { name: 'a port', url: 'https://127.0.0.1:14000/dir', key: '127.0.0.1-14000-dir' },
  { name: 'an IPv6 address', url: 'https://[::1]:14000/dir', key: '_-1_-14000-dir' },
  { name: 'a trailing slash', url: 'https://ca.test/acme/', key: 'ca.test-acme' },
  { name: 'characters that mean something to a file system', url: 'https://ca.test/%2e%2e/a*b', key: 'ca.test-a_b' },
])('a CA folder is named after $name', ({ url, key }) => {
  expect(caKey(url)).toBe(key);
});

test('a spec folder begins with its first name and ends with a hash', () => {
  expect(specKey(spec)).toMatch(/^a\.test-[0-9a-f]{12}$/);
});

test.for([
  { name: 'names', other: { ...spec, names: ['a.test'] } },
  { name: 'directory', other: { ...spec, directory: 'https://ca.test/dir' } },
  { name: 'profile', other: { ...spec, profile: 'shortlived' } },
])('a change of $name is another spec', ({ other }) => {
  expect(specKey(other)).not.toBe(specKey(spec));
});

test.for([
  { name: 'a wildcard', names: ['*.a.test'], pattern: /^wildcard_\.a\.test-/ },
  { name: 'a path', names: ['../../etc/passwd'], pattern: /^_\._\.\._etc_passwd-/ },
  { name: 'a hidden name', names: ['.ssh'], pattern: /^_ssh-/ },
  { name: 'a long name', names: [`${'a'.repeat(60)}.${'b'.repeat(60)}.test`], pattern: /^.{100}-[0-9a-f]{12}$/ },
  { name: 'no name at all', names: [], pattern: /^-[0-9a-f]{12}$/ },
])('$name becomes a safe folder name', ({ names, pattern }) => {
  const key = namesKey(names);
  expect(key).toMatch(pattern);
  expect(key).not.toMatch(/[/\\]|^\./);
});
