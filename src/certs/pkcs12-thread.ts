import { parentPort, workerData } from 'node:worker_threads';
import { CertificateError } from './parse-certificate.ts';
import { readPkcs12, type UnpackedPair } from './pkcs12.ts';

export interface Pkcs12Question {
  readonly der: Uint8Array;
  readonly password: string;
}

export type Pkcs12Answer = { readonly pair: UnpackedPair } | Pick<CertificateError, 'code' | 'message'>;

if (parentPort !== null) {
  const { der, password } = workerData as Pkcs12Question;
  parentPort.postMessage(await answer(der, password));
}

async function answer(der: Uint8Array, password: string): Promise<Pkcs12Answer> {
  try {
    return { pair: await readPkcs12(der, password) };
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    return { code: cause.code, message: cause.message };
  }
}
