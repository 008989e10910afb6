import { createHash, timingSafeEqual } from 'node:crypto';
import { bcrypt } from './bcrypt.ts';
import { md5Crypt } from './md5-crypt.ts';

/** Whether a hash of a htpasswd file was made of this password. A hash of a kind that is not known was made of none. */
export function verifyPassword(password: Buffer, stored: string): boolean {
  const computed = hashLike(password, stored);
  if (computed === undefined) return false;
  const [left, right] = [Buffer.from(computed, 'latin1'), Buffer.from(stored, 'latin1')];
  return left.length === right.length && timingSafeEqual(left, right);
}

function hashLike(password: Buffer, stored: string): string | undefined {
  if (stored.startsWith('{SHA}')) return `{SHA}${createHash('sha1').update(password).digest('base64')}`;
  return stored.startsWith('$2') ? bcrypt(password, stored) : md5Crypt(password, stored);
}
