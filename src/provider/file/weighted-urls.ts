import type { FileService } from '../../config/workload.ts';

/** A server of a file; `weight` undefined: labels may say it. */
export interface WeightedUrl {
  readonly url: string;
  readonly weight: number | undefined;
}

/** Servers as a workload has them: with weights only where one is said. */
export function weightedUrls(servers: readonly WeightedUrl[]): Pick<FileService, 'urls' | 'weights'> {
  const urls = servers.map(({ url }) => url);
  const isUsual = servers.every(({ weight }) => weight === undefined);
  return isUsual ? { urls } : { urls, weights: servers.map(({ weight }) => weight) };
}
