import type { Certificate } from '../certs/certificate.ts';
import type { LocalAuthority } from '../certs/local-authority.ts';
import type { Logger } from '../observe/logger.ts';

/** A certificate the local authority shall have ready. */
export interface LeafRequest {
  readonly names: readonly string[];
  /** For good, or only until the CA has signed. */
  readonly keep: boolean;
}

/** The local authority's certificates in use. Made one after another in the background: each costs some milliseconds. */
export interface LocalLeaves {
  /** What is needed from now on. What is missing or due is made; what is not named is dropped. */
  want(requests: readonly LeafRequest[]): void;
  get(names: readonly string[]): Certificate | undefined;
  /** Resolves when nothing is left to make. */
  idle(): Promise<void>;
}

/** `onChange` is called when leaves were made: after the last of a batch, and in between every 250 ms. */
export function createLocalLeaves(options: {
  readonly localAuthority: LocalAuthority;
  readonly now: () => number;
  readonly logger: Logger;
  readonly onChange: () => void;
}): LocalLeaves {
  const { localAuthority, now, logger } = options;
  const leaves = new Map<string, Certificate>();
  let wanted = new Map<string, LeafRequest>();
  let work: Promise<void> | undefined;

  const isMissing = (key: string): boolean => {
    const leaf = leaves.get(key);
    return leaf === undefined || localAuthority.isDue(leaf, now());
  };
  const makeAll = async (): Promise<void> => {
    let toldAt = now();
    let batch: typeof wanted | undefined;
    while (batch !== wanted) {
      batch = wanted;
      for (const [key, request] of batch) {
        if (batch !== wanted) break;
        if (!isMissing(key)) continue;
        leaves.set(key, await localAuthority.leaf(request.names, { keep: request.keep }));
        if (now() - toldAt < 250) continue;
        toldAt = now();
        options.onChange();
      }
    }
  };
  const start = (): void => {
    if (work !== undefined || ![...wanted.keys()].some(isMissing)) return;
    work = makeAll()
      .catch((cause: unknown) => logger.error({ reason: String(cause) }, 'local certificate not made'))
      .finally(() => {
        work = undefined;
        options.onChange();
      });
  };
  return {
    want: (requests) => {
      wanted = new Map(requests.map((request) => [request.names.join(','), request]));
      for (const key of leaves.keys()) if (!wanted.has(key)) leaves.delete(key);
      start();
    },
    get: (names) => leaves.get(names.join(',')),
    idle: () => work ?? Promise.resolve(),
  };
}
