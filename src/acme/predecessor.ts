import type { CertificateSpec } from '../certs/certificate-spec.ts';
import type { RenewalAdvice } from '../certs/renewal-record.ts';
import type { StoredCertificate } from '../certs/store-records.ts';
import type { CertificateBook } from './certificate-book.ts';
import { ariIdOf } from './renewal-info.ts';
import { keyOfNames } from './serving.ts';

/** The certificate that an order replaces: named in it, the renewal is free of the CA's limits (acme.md 2.2). */
export interface Predecessor {
  /** Its name for an order of this account; undefined: it must not be named. */
  nameFor(accountUrl: string): Promise<string | undefined>;
  /** It was named in an order that was finalized, or the CA says so: never again. */
  markReplaced(): Promise<void>;
}

/** The newest certificate of this CA for the spec's names, if it has one. */
export function predecessorOf(
  spec: CertificateSpec,
  book: CertificateBook,
  now: () => number,
): Predecessor | undefined {
  const stored = findPredecessor(spec, book);
  if (stored === undefined) return undefined;
  const { id, chainPem } = stored.certificate;
  const known = (): RenewalAdvice | undefined => {
    const { advice } = book.renewal(stored.spec);
    return advice?.certificateId === id ? advice : undefined;
  };
  const nameOf = async (): Promise<string | undefined> => known()?.ariId ?? (await ariIdOf(chainPem));
  return {
    nameFor: async (accountUrl) => {
      if (accountUrl !== stored.accountUrl || known()?.isReplaced === true) return undefined;
      return nameOf();
    },
    markReplaced: async () => {
      const ariId = await nameOf();
      if (ariId === undefined) return;
      const advice = known() ?? { certificateId: id, ariId, window: undefined, askAt: now(), isReplaced: false };
      await book.putRenewal(stored.spec, { advice: { ...advice, isReplaced: true } });
    },
  };
}

function findPredecessor(spec: CertificateSpec, book: CertificateBook): StoredCertificate | undefined {
  const key = keyOfNames(spec.names);
  return book
    .certificates()
    .filter((stored) => stored.spec.directory === spec.directory && keyOfNames(stored.spec.names) === key)
    .toSorted((a, b) => b.issuedAt - a.issuedAt)[0];
}
