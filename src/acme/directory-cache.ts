import type { AcmeDirectory } from './acme-api.ts';
import { decodeDirectory } from './acme-objects.ts';
import type { Transport } from './transport.ts';

const MAX_AGE_MS = 86_400_000;

/** Reads a CA's directory, again after a day. Rejects with `AcmeProblem` or `AcmeTransportError`; a failure is forgotten. */
export function createDirectoryCache(
  url: string,
  transport: Transport,
  now: () => number,
): () => Promise<AcmeDirectory> {
  let cached: { readonly directory: AcmeDirectory; readonly at: number } | undefined;
  return async () => {
    if (cached !== undefined && now() - cached.at < MAX_AGE_MS) return cached.directory;
    const { data } = await transport.request(url, 'GET');
    cached = { directory: decodeDirectory(data, url), at: now() };
    return cached.directory;
  };
}
