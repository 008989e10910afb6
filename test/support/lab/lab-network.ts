import { getServers } from 'node:dns';
import { runCommand } from './shell.ts';

/** The part of the machine's network that belongs to one private engine. */
export interface LabNetwork {
  /** The engine's default bridge. */
  readonly bridge: string;
  /** `10.87`: every network of the engine lies in this /16. */
  readonly prefix: string;
  /** Address of this machine on the default bridge. */
  readonly gateway: string;
}

const CHAIN_NAMES = /(^|\s)-[jA]\s+DOCKER/;

/** Makes a bridge in a /16 that nothing on this machine uses yet. */
export async function createLabNetwork(): Promise<LabNetwork> {
  const prefix = await freePrefix();
  const bridge = `slu${prefix.split('.')[1]}`;
  await runCommand('ip', ['link', 'add', bridge, 'type', 'bridge']);
  await runCommand('ip', ['addr', 'add', `${prefix}.0.1/24`, 'dev', bridge]);
  await runCommand('ip', ['link', 'set', bridge, 'up']);
  return { bridge, prefix, gateway: `${prefix}.0.1` };
}

/** Removes the bridges and the packet filter rules of a lab network; what is already gone is no fault. */
export async function removeLabNetwork(network: LabNetwork): Promise<void> {
  const bridges = await bridgesOf(network);
  for (const bridge of bridges) await runCommand('ip', ['link', 'delete', bridge]).catch(() => undefined);
  await removeRules(
    (rule) => rule.includes(`${network.prefix}.`) || bridges.some((name) => rule.includes(` ${name} `)),
  );
}

/** Whether some engine has set up its packet filter chains here. */
export async function hasDockerChains(): Promise<boolean> {
  return (await runCommand('iptables-save', [])).includes(':DOCKER ');
}

/** Takes away what an engine leaves behind in the packet filter. Only right when no engine runs on this machine. */
export async function removeDockerChains(): Promise<void> {
  await removeRules((rule) => CHAIN_NAMES.test(rule));
  const saved = (await runCommand('iptables-save', [])).split('\n');
  for (const [table, line] of tableLines(saved)) {
    const chain = /^:(DOCKER\S*) /.exec(line)?.[1];
    if (chain !== undefined) await runCommand('iptables', ['-w', '-t', table, '-X', chain]).catch(() => undefined);
  }
  await runCommand('iptables', ['-w', '-P', 'FORWARD', 'ACCEPT']);
}

async function freePrefix(): Promise<string> {
  const addresses = [...(await addressesInUse()), ...getServers()];
  const used = new Set(addresses.map((address) => address.split('.').slice(0, 2).join('.')));
  const candidates = Array.from({ length: 96 }, (_, index) => `10.${((process.pid + index * 7) % 96) + 64}`);
  const free = candidates.find((prefix) => !used.has(prefix));
  if (free === undefined) throw new Error('no free 10.x.0.0/16 network for a private engine: remove unused bridges');
  return free;
}

/** Node's own list leaves out a bridge that no container is attached to at the moment. */
async function addressesInUse(): Promise<string[]> {
  const listing = await runCommand('ip', ['-o', '-4', 'addr', 'show']);
  return [...listing.matchAll(/ inet (\S+)\//g)].map((match) => match[1]!);
}

async function bridgesOf(network: LabNetwork): Promise<string[]> {
  const lines = (await runCommand('ip', ['-o', '-4', 'addr', 'show'])).split('\n');
  const found = lines.filter((line) => line.includes(` inet ${network.prefix}.`)).map((line) => line.split(/\s+/)[1]!);
  return [...new Set([network.bridge, ...found])];
}

async function removeRules(isOurs: (rule: string) => boolean): Promise<void> {
  const saved = (await runCommand('iptables-save', [])).split('\n');
  for (const [table, line] of tableLines(saved)) {
    if (!line.startsWith('-A ') || !isOurs(`${line} `)) continue;
    const args = line
      .replace(/^-A/, '-D')
      .split(' ')
      .map((word) => word.replaceAll('"', ''));
    await runCommand('iptables', ['-w', '-t', table, ...args]).catch(() => undefined);
  }
}

function* tableLines(lines: readonly string[]): Generator<readonly [table: string, line: string]> {
  let table = 'filter';
  for (const line of lines) {
    if (line.startsWith('*')) table = line.slice(1);
    else yield [table, line];
  }
}
