import { readLocalRoot } from '../../certs/local-authority.ts';
import type { StaticConfig } from '../../config/static-config.ts';

/** `sluice certs root`: the PEM of the local authority's root. Exit code 0, 1 when there is none yet. */
export async function printRoot({ dataDir }: StaticConfig, out: (text: string) => void): Promise<number> {
  const root = await readLocalRoot(dataDir);
  if (root === undefined) {
    out(`no local authority below ${dataDir}: start the router once, or name its data folder with --data\n`);
    return 1;
  }
  out(root);
  return 0;
}
