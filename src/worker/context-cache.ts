import type { SecureContext } from 'node:tls';

interface Entry {
  readonly certificateId: string;
  readonly context: SecureContext;
}

/** Contexts in use, the least recently used of which goes when there are too many (acme.md section 15). */
export class ContextCache {
  private readonly entries = new Map<string, Entry>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** `key` stands for the certificate and everything else that `make` makes a context of. */
  get(key: string, certificateId: string, make: () => SecureContext): SecureContext {
    const known = this.entries.get(key);
    // A hit moves to the end, so that the first key is always the least recently used.
    if (known !== undefined) this.entries.delete(key);
    const entry = known ?? { certificateId, context: make() };
    this.entries.set(key, entry);
    if (this.entries.size > this.most) this.entries.delete(this.entries.keys().next().value!);
    return entry.context;
  }

  /** Forgets all contexts of these certificates. */
  remove(certificateIds: readonly string[]): void {
    if (certificateIds.length === 0) return;
    const ids = new Set(certificateIds);
    for (const [key, { certificateId }] of this.entries) if (ids.has(certificateId)) this.entries.delete(key);
  }
}
