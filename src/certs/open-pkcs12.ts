import { Worker } from 'node:worker_threads';
import { CertificateError } from './parse-certificate.ts';
import type { Pkcs12Answer, Pkcs12Question } from './pkcs12-thread.ts';
import type { UnpackedPair } from './pkcs12.ts';

const PATIENCE_MS = 10_000;

/**
 * `readPkcs12` on a thread of its own: the file says how often its password is hashed, and the routers, servers and certificates of
 * everybody else must not wait for it. Rejects with `CertificateError`, also when it takes too long.
 */
export async function openPkcs12(
  der: Uint8Array,
  password: string,
  patienceMs: number = PATIENCE_MS,
): Promise<UnpackedPair> {
  const thread = new Worker(new URL('./pkcs12-thread.ts', import.meta.url), {
    workerData: { der, password } satisfies Pkcs12Question,
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
  });
  thread.unref();
  const { promise, resolve, reject } = Promise.withResolvers<Pkcs12Answer>();
  const fail = (message: string): void => reject(new CertificateError('certificate_unreadable', message));
  thread.on('message', resolve);
  thread.on('error', () => fail('the file is no PKCS#12 that can be read'));
  const timer = setTimeout(() => fail(`the file takes longer than ${patienceMs / 1000} s to open`), patienceMs);
  try {
    const answer = await promise;
    if ('pair' in answer) return answer.pair;
    throw new CertificateError(answer.code, answer.message);
  } finally {
    clearTimeout(timer);
    // A round of hashes that has begun is not interrupted; nobody waits for it.
    void thread.terminate();
  }
}
