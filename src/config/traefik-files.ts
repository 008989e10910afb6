import type { TraefikFiles } from './static-config.ts';
import type { StaticReport, TraefikOptionValues } from './traefik-option-values.ts';

const FILE = 'providers.file.';

/** Reads `providers.file.*` (traefik-static.md section 6): dynamic configuration in Traefik's own form. Undefined: none. */
export function readTraefikFiles(
  options: TraefikOptionValues,
  { problems, notices }: StaticReport,
): TraefikFiles | undefined {
  if (!options.isOn('providers.file')) return undefined;
  const filename = options.get(`${FILE}filename`);
  const directory = options.get(`${FILE}directory`);
  const watch = options.bool(`${FILE}watch`) ?? true;
  if (filename !== undefined && directory !== undefined) {
    notices.push(`${filename.source}: the folder ${directory.text} is read; the file is ignored beside it`);
  }
  const named = directory ?? filename;
  if (named === undefined) {
    problems.push('--providers.file: it names no file; add --providers.file.filename or --providers.file.directory');
    return undefined;
  }
  if (named === filename && /\.toml$/i.test(named.text)) {
    problems.push(`${named.source}: ${named.text}: TOML is not read; write the same in YAML`);
    return undefined;
  }
  return { path: named.text, watch };
}
