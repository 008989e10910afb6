import type { Certificate } from './certificate.ts';

/** Facts of one certificate, and where its texts lie in the bytes beside it. */
interface PackedRow {
  readonly id: string;
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly source: Certificate['source'];
  readonly issuer: string;
  readonly key: number;
  readonly keyLength: number;
  readonly leaf: number;
  readonly leafLength: number;
  /** The chain behind the leaf, which most certificates of a CA have in common. */
  readonly rest: number;
  readonly restLength: number;
}

/** Certificates as threads hand them to each other: plain rows, and one memory that all of them see. */
export interface PackedCertificates {
  readonly rows: readonly PackedRow[];
  readonly bytes: SharedArrayBuffer;
}

const END_OF_LEAF = '-----END CERTIFICATE-----\n';

/**
 * One whose texts are read from the shared memory when they are asked for: once for each that is really served. Every thread holds all of
 * them, so they have no closures of their own. A copy (`...`) is of the facts, without the texts.
 */
class SharedCertificate implements Certificate {
  readonly id: string;
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly source: Certificate['source'];
  readonly issuer: string;
  readonly #row: PackedRow;
  readonly #bytes: SharedArrayBuffer;

  constructor(row: PackedRow, bytes: SharedArrayBuffer) {
    this.id = row.id;
    this.names = row.names;
    this.notBefore = row.notBefore;
    this.notAfter = row.notAfter;
    this.source = row.source;
    this.issuer = row.issuer;
    this.#row = row;
    this.#bytes = bytes;
  }

  get keyPem(): string {
    return textAt(this.#bytes, this.#row.key, this.#row.keyLength);
  }

  get chainPem(): string {
    const { leaf, leafLength, rest, restLength } = this.#row;
    return textAt(this.#bytes, leaf, leafLength) + textAt(this.#bytes, rest, restLength);
  }

  /** Where a certificate that came out of a pack lies. */
  static placeOf(certificate: Certificate): { readonly row: PackedRow; readonly bytes: SharedArrayBuffer } | undefined {
    return #row in certificate ? { row: certificate.#row, bytes: certificate.#bytes } : undefined;
  }
}

function textAt(bytes: SharedArrayBuffer, offset: number, length: number): string {
  return Buffer.from(bytes, offset, length).latin1Slice();
}

/**
 * Puts key and chain texts into shared memory, so that ten thousand certificates are held once and not by every thread; a chain
 * that several have in common is held once too. Those that came out of `unpackCertificates` stay where they are.
 */
export function packCertificates(certificates: readonly Certificate[]): readonly PackedCertificates[] {
  const packed = new Map<SharedArrayBuffer, PackedRow[]>();
  const loose: Certificate[] = [];
  for (const certificate of certificates) {
    const place = SharedCertificate.placeOf(certificate);
    if (place === undefined) loose.push(certificate);
    else packed.getOrInsertComputed(place.bytes, () => []).push(place.row);
  }
  const fresh = loose.length === 0 ? [] : [packLoose(loose)];
  return [...[...packed].map(([bytes, rows]) => ({ rows, bytes })), ...fresh];
}

/** The certificates of a pack; cheap: no text is read. */
export function unpackCertificates(packs: readonly PackedCertificates[]): readonly Certificate[] {
  return packs.flatMap(({ rows, bytes }) => rows.map((row) => new SharedCertificate(row, bytes)));
}

function packLoose(certificates: readonly Certificate[]): PackedCertificates {
  const texts: string[] = [];
  const rests = new Map<string, number>();
  let end = 0;
  const place = (text: string): number => {
    texts.push(text);
    end += text.length;
    return end - text.length;
  };
  const rows = certificates.map((certificate): PackedRow => {
    const { id, names, notBefore, notAfter, source, issuer, keyPem, chainPem } = certificate;
    const leafEnd = chainPem.indexOf(END_OF_LEAF);
    const leafLength = leafEnd < 0 ? chainPem.length : leafEnd + END_OF_LEAF.length;
    const rest = chainPem.slice(leafLength);
    return {
      id,
      names,
      notBefore,
      notAfter,
      source,
      issuer,
      key: place(keyPem),
      keyLength: keyPem.length,
      leaf: place(chainPem.slice(0, leafLength)),
      leafLength,
      rest: rests.getOrInsertComputed(rest, place),
      restLength: rest.length,
    };
  });
  const bytes = new SharedArrayBuffer(end);
  const view = Buffer.from(bytes);
  let offset = 0;
  // PEM is ASCII; text around it that is not would only be a comment.
  for (const text of texts) offset += view.latin1Write(text, offset);
  return { rows, bytes };
}
