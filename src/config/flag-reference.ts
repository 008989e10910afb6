import { code, joinSections, markdownTable } from './markdown.ts';
import { REMOVED_STATIC_OPTIONS } from './removed-static-options.ts';
import { STATIC_OPTIONS, type StaticOptionType } from './static-options.ts';
import { variableOf } from './static-variable.ts';
import { TRAEFIK_STATIC_OPTIONS, type TraefikStaticOption } from './traefik-static-options.ts';

const INTRO = `
# Flags

Everything that is said to the router itself, once, when it starts. This page is made from the tables of the code by
\`npm run docs\`. A wrong option ends the start with a message that says what to write.
`;

const OWN = `
## Options

Each is a flag, a variable and a key of the YAML file that \`--config\` names; a flag counts before a variable, a variable before
the file. Values follow \`=\` or a blank. A list is written with commas and adds up when its flag is repeated; a switch is on without
a value. Durations are \`10s\`, \`1m30s\`, \`500ms\`, or seconds: \`10\`.
`;

const TRAEFIK = `
## Options of Traefik

Static options of Traefik v3 are understood under their own names: as flags, as \`TRAEFIK_*\` variables, or in \`traefik.yml\`. As in
Traefik one of these sources counts, in the order file, flags, variables. If any option of this section is given, Traefik's defaults
for entrypoints, exposure and TLS hold, and \`--http\` and \`--https\` cannot be used beside it. Words in angle brackets are names that
you choose; \`.**\` stands for everything below, \`[.**]\` for the option itself and everything below.
`;

const MAPPED = `
### What acts

Time-outs and limits of entrypoints hold for all of them here: of unlike values the widest counts.
`;

const HARMLESS = `
### What is accepted without effect

A line in the log names the option and says what holds instead.
`;

const REFUSED = `
### What is refused

To leave these out would change who gets what, so the router does not start.
`;

const REMOVED = `
### What Traefik itself no longer has

The router does not start with options of v1 and v2; the message says what to write today.
`;

/** The page of all static options: ours, and what becomes of Traefik's. */
export function flagReference(): string {
  return joinSections([
    INTRO,
    `${OWN}\n${ownTable()}`,
    TRAEFIK,
    `${MAPPED}\n${mappedTable()}`,
    `${HARMLESS}\n${reasonTable('harmless', 'what holds instead')}`,
    `${REFUSED}\n${reasonTable('refused', 'why')}`,
    `${REMOVED}\n${removedTable()}`,
  ]);
}

const TYPES: Readonly<Record<StaticOptionType, string>> = { text: 'text', list: 'list', flag: 'switch' };

function ownTable(): string {
  const rows = STATIC_OPTIONS.map(({ name, type, fallback, meaning }) => {
    return [code(`--${name}`), code(variableOf(name)), code(name), TYPES[type], fallback, meaning];
  });
  return markdownTable(['flag', 'variable', 'key', 'type', 'default', 'meaning'], rows);
}

function mappedTable(): string {
  const options = TRAEFIK_STATIC_OPTIONS.filter(({ acts }) => acts === 'yes');
  const rows = [...byReason(options)].map(([reason, group]) => {
    const [first] = group;
    return [flags(group), first === undefined || first.type === 'any' ? 'text' : TYPES[first.type], reason];
  });
  return markdownTable(['option', 'type', 'what it does here'], rows);
}

function reasonTable(acts: TraefikStaticOption['acts'], title: string): string {
  const groups = byReason(TRAEFIK_STATIC_OPTIONS.filter((option) => option.acts === acts));
  return markdownTable(
    ['option', title],
    [...groups].map(([reason, group]) => [flags(group), reason]),
  );
}

function removedTable(): string {
  const groups = Map.groupBy(REMOVED_STATIC_OPTIONS, ({ version, instead }) => `v${version} ${instead}`);
  const rows = [...groups.values()].flatMap((group) => {
    return group.slice(0, 1).map(({ version, instead }) => [flags(group), `v${version}`, flagsAsCode(instead)]);
  });
  return markdownTable(['option', 'of', 'write instead'], rows);
}

function byReason(options: readonly TraefikStaticOption[]): ReadonlyMap<string, readonly TraefikStaticOption[]> {
  return Map.groupBy(options, ({ reason }) => reason);
}

/** `x` and `x.**` are `x[.**]`. */
function flags(options: readonly { readonly path: string }[]): string {
  const paths = new Set(options.map(({ path }) => path));
  return options
    .filter(({ path }) => !(path.endsWith('.**') && paths.has(path.slice(0, -'.**'.length))))
    .map(({ path }) => code(`--${path}${paths.has(`${path}.**`) ? '[.**]' : ''}`))
    .join(', ');
}

/** A sentence with flags in it; a flag whose value has backticks stands alone. */
function flagsAsCode(text: string): string {
  return text.includes('`') ? code(text) : text.replaceAll(/--[^\s,]+/g, code);
}
