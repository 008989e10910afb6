import { expect, test } from 'vitest';
import { verifyPassword } from '../../../../src/middleware/passwords/verify-password.ts';

/** The first two are crypt_blowfish's own vectors; the others were made with libxcrypt and OpenSSL. */
const HASHES: readonly (readonly [password: string, stored: string])[] = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
  ['U*', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.N0wO4z3EELuk/ycIifDScNe.mijJ.Sa'],
  ['secret', '$2b$04$YOlRtCVDi0ZJlKA4Ayq8Jur7irRUbFH48EAJ.Prys6shjTwuQiP2.'],
  ['secret', '$apr1$a.b$ChuvIvLW3GB.ySp2UXpwl0'],
  ['secret', '$1$a.b/cD9z$Emu6lVvHpFG2sU9C5UHmV/'],
  ['äö€', '$2b$04$viwuG1NXDjM./TNljOaJsOno8HpIh0UgmBSbK17SGezABR1qtW9oW'],
  ['äö€', '$apr1$a.b$dD5L2NGkNYF9X61L291fy/'],
  ['äö€', '$1$a.b/cD9z$TO/gdlkUX4LB0xhQ7r0VC0'],
  ['a much longer password than sixteen bytes', '$2b$04$I1KtitcKOZ4lUqiX6jXbQ.ezXy2zMziYlZKxFF0eMVZyKUFLR/mcW'],
  ['a much longer password than sixteen bytes', '$apr1$a.b$HX/do/zZASy92aWLMxK7C.'],
  ['a much longer password than sixteen bytes', '$1$a.b/cD9z$mzpd7AFmnk0AcbrYuVlHk.'],
  ['x', '$apr1$H6uskkkW$tnr/KDQAJUUBLYb5qhl4g0'],
  ['password', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
];

test.for(HASHES)('%s: %s', ([password, stored]) => {
  const bytes = Buffer.from(password);
  expect(verifyPassword(bytes, stored)).toBe(true);
  expect(verifyPassword(Buffer.concat([Buffer.from('x'), bytes]), stored)).toBe(false);
});

test.for([
  ['a hash of another kind', '$6$saltsalt$abc'],
  ['a password in clear', 'secret'],
  ['a cut hash', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lw'],
  ['nothing', ''],
])('%s has no password', ([, stored]) => {
  expect(verifyPassword(Buffer.from('secret'), stored!)).toBe(false);
});

test('72 bytes of a password count with bcrypt, as everywhere', () => {
  const stored = '$2b$04$4sYd4fIJkOGHFeNHofK.0uePnGF89bFSfpnKs6I02H2DEozBe7LLe';
  expect(verifyPassword(Buffer.from('p'.repeat(73)), stored)).toBe(true);
  expect(verifyPassword(Buffer.from('p'.repeat(71)), stored)).toBe(false);
});
