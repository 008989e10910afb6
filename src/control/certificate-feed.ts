import type { Certificate } from '../certs/certificate.ts';
import { packCertificates, unpackCertificates, type PackedCertificates } from '../certs/packed-certificates.ts';
import type { CertificateChange } from '../protocol.ts';

/** What workers serve: told to each of them whole at its start, and as changes after that. */
export class CertificateFeed {
  private served: ReadonlyMap<string, Certificate> = new Map();

  /** The step from what was served to this list; `undefined` when there is none. */
  update(certificates: readonly Certificate[]): CertificateChange | undefined {
    const next = new Map(certificates.map((certificate) => [certificate.id, certificate]));
    const removed = [...this.served.keys()].filter((id) => !next.has(id));
    // What workers share already stays where it is.
    for (const id of next.keys()) if (this.served.has(id)) next.set(id, this.served.get(id)!);
    const added = packCertificates([...next.values()].filter(({ id }) => !this.served.has(id)));
    for (const certificate of unpackCertificates(added)) next.set(certificate.id, certificate);
    this.served = next;
    return removed.length === 0 && added.length === 0 ? undefined : { added, removed };
  }

  /** Everything, for a worker that begins. */
  whole(): readonly PackedCertificates[] {
    return packCertificates([...this.served.values()]);
  }
}
