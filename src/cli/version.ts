import { VERSION } from '../lib/version.ts';

/** `sluice version`: product, version and runtime on one line. */
export function runVersion(out: (text: string) => void): number {
  out(`sluice ${VERSION} (node ${process.versions.node})\n`);
  return 0;
}
