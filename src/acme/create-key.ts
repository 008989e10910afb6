import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyType } from '../config/key-type.ts';

/** A new private key, PKCS#8 PEM. Made off the main thread: an RSA key can take seconds. */
export async function createKeyPem(keyType: KeyType = 'ec256'): Promise<string> {
  const { privateKey } = await generate(keyType);
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

function generate(keyType: KeyType): ReturnType<typeof generateEc> | ReturnType<typeof generateRsa> {
  if (keyType === 'rsa2048') return generateRsa(2048);
  if (keyType === 'rsa4096') return generateRsa(4096);
  return generateEc(keyType === 'ec384' ? 'P-384' : 'P-256');
}

function generateEc(namedCurve: string) {
  return promisify(generateKeyPair)('ec', { namedCurve });
}

function generateRsa(modulusLength: number) {
  return promisify(generateKeyPair)('rsa', { modulusLength });
}
