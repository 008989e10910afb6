import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import type { Logger } from '../observe/logger.ts';
import type { Certificate } from './certificate.ts';
import { parseCertificate } from './parse-certificate.ts';
import type { SignedPair } from './sign-certificate.ts';
import { describeStoreFault, type StoreFault } from './store-fault.ts';

/** Keys and certificates of the local authority on disk. */
export interface LocalFolder {
  /** `undefined` when there is none, or none that can be used. */
  read(name: string): Promise<SignedPair | undefined>;
  write(name: string, pair: SignedPair): Promise<void>;
  /** The first thing that went wrong; what was made since then lives in memory only. */
  readonly fault: () => StoreFault | undefined;
}

/** Key and certificate of each name in one file. A damaged file is moved aside; a folder that cannot be written is said once. */
export function openLocalFolder(
  path: string,
  options: { readonly now: () => number; readonly logger: Logger },
): LocalFolder {
  let fault: StoreFault | undefined;
  const report = (found: StoreFault): void => {
    if (fault === undefined) {
      options.logger.warn({ reason: found.message, hint: found.hint }, 'local authority lives in memory only');
    }
    fault ??= found;
  };
  return {
    fault: () => fault,
    read: async (name) => {
      const file = join(path, name);
      try {
        return parseJsonPair(await readFile(file, 'utf8'));
      } catch (cause) {
        if (cause instanceof Error && 'syscall' in cause) {
          if ('code' in cause && cause.code !== 'ENOENT') report(describeStoreFault('store_unreadable', file, cause));
          return undefined;
        }
        const aside = `${file}.corrupt-${options.now()}`;
        await rename(file, aside).catch(() => undefined);
        options.logger.warn({ path: file, reason: String(cause) }, 'local authority file damaged');
        return undefined;
      }
    },
    write: async (name, pair) => {
      // What cannot be read may still be good: it is not replaced.
      if (fault?.code === 'store_unreadable') return;
      const file = join(path, name);
      try {
        await writeFileAtomic(file, `${JSON.stringify({ v: 1, ...pair }, undefined, 2)}\n`);
      } catch (cause) {
        report(describeStoreFault('store_unwritable', file, cause));
      }
    },
  };
}

/** `undefined` when it is no certificate for servers. */
export function parsePair(pair: SignedPair): Certificate | undefined {
  try {
    return parseCertificate(pair.chainPem, pair.keyPem, 'local');
  } catch {
    return undefined;
  }
}

/** Throws when the text is not a readable pair of which the key fits the certificate. */
export function parseJsonPair(text: string): SignedPair {
  const value: unknown = JSON.parse(text);
  const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const { keyPem, chainPem } = fields;
  if (typeof keyPem !== 'string' || typeof chainPem !== 'string') throw new SyntaxError('key or certificate missing');
  if (!new X509Certificate(chainPem).checkPrivateKey(createPrivateKey(keyPem))) {
    throw new SyntaxError('the key does not belong to the certificate');
  }
  return { keyPem, chainPem };
}
