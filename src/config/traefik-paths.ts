import { ENCODED_CHARACTERS, REFUSED_CHARACTERS } from './traefik-mapped-options.ts';
import type { StaticReport, TraefikOptionValues } from './traefik-option-values.ts';

const HTTP = 'entrypoints.<entrypoint>.http.';

/**
 * What Traefik's options about paths and fields mean here. One path is read in one way by routing, middlewares and servers (P2 to
 * P6), so what would loosen it has no effect, and what would tighten it in a way we cannot is refused.
 */
export function checkPathOptions(options: TraefikOptionValues, { problems, notices }: StaticReport): void {
  for (const name of options.names('entrypoints.<entrypoint>.')) {
    const sanitize = options.get(`${HTTP}sanitizepath`, name);
    if (options.bool(`${HTTP}sanitizepath`, name) === false) {
      problems.push(
        `${sanitize?.source}: not supported; paths are always cleaned, as rules are matched on what servers see`,
      );
    }
    for (const character of ENCODED_CHARACTERS) checkCharacter(options, name, character, { problems, notices });
    checkUnderscores(options, name, { problems, notices });
  }
}

function checkCharacter(
  options: TraefikOptionValues,
  name: string,
  character: string,
  { problems, notices }: StaticReport,
): void {
  const path = `${HTTP}encodedcharacters.allowencoded${character}`;
  const isAllowed = options.bool(path, name);
  const source = options.get(path, name)?.source;
  const isRefused = REFUSED_CHARACTERS.includes(character);
  if (isAllowed === true && isRefused) notices.push(`${source}: accepted without effect: it is always refused (400)`);
  if (isAllowed !== false || isRefused) return;
  problems.push(`${source}: not supported; it stays encoded and is data of its segment, which an app may need`);
}

/** H10: fields with underscores are deleted. */
function checkUnderscores(options: TraefikOptionValues, name: string, { notices }: StaticReport): void {
  const value = options.get(`${HTTP}underscoreheadersstrategy`, name);
  if (value === undefined) return;
  const strategies = ['keep', 'delete', 'reject'];
  const wanted = value.text.trim().toLowerCase();
  if (!strategies.includes(wanted)) options.fail(value, 'is not a strategy', `write ${strategies.join(', ')}`);
  else if (wanted !== 'delete') {
    notices.push(`${value.source}: accepted without effect: fields with underscores are always deleted`);
  }
}
