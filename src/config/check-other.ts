import type { RuleSyntax, TcpRuleNode } from '../rule/ast.ts';
import { deadArguments } from '../rule/dead-arguments.ts';
import { isRuleError, parseTcpRule } from '../rule/parse.ts';
import type { OtherGroups } from './group-labels.ts';
import type { LabelGroup } from './label-group.ts';
import { parseBoolean } from './label-value.ts';
import { decodeRuleSyntax } from './rule-syntax.ts';

/**
 * TCP and UDP objects (traefik-labels.md sections 3 and 9.5, rules.md section 11): what is wrong with them is an error, and
 * each that is right gets a warning by name, because only HTTP is routed.
 */
export function checkOther(groups: OtherGroups, defaultSyntax: RuleSyntax): void {
  for (const group of groups.tcpRouter.values()) {
    checkTcpRule(group, defaultSyntax);
    checkService(group, groups.tcpService);
    warnIdle('TCP router', group);
  }
  for (const group of groups.udpRouter.values()) {
    checkService(group, groups.udpService);
    warnIdle('UDP router', group);
  }
  for (const group of groups.tcpService.values()) warnIdle('TCP service', group);
  for (const group of groups.udpService.values()) warnIdle('UDP service', group);
  for (const group of groups.tcpMiddleware.values()) warnIdle('TCP middleware', group);
}

function checkTcpRule(group: LabelGroup, defaultSyntax: RuleSyntax): void {
  const setting = group.find('rule');
  const text = setting?.value.trim() ?? '';
  const syntax = decodeRuleSyntax(group) ?? defaultSyntax;
  if (setting === undefined || text === '') {
    group.fail({
      code: 'rule_missing',
      message: `the TCP router ${group.name} has no rule, and there is no default one`,
      hint: `add ….tcp.routers.${group.name}.rule=HostSNI(\`example.com\`)`,
    });
    return;
  }
  const { label } = setting;
  const rule = parseTcpRule(text, syntax);
  if (isRuleError(rule)) {
    group.fail({ code: 'rule_syntax', label, ...rule });
    return;
  }
  for (const dead of deadArguments(rule)) group.warn({ code: 'rule_syntax', label, ...dead });
  const name = namedHost(rule);
  if (name === undefined || hasTls(group)) return;
  group.fail({
    code: 'rule_syntax',
    label,
    message: `HostSNI(\`${name}\`) needs TLS, which alone tells the name`,
    hint: `add ….tcp.routers.${group.name}.tls=true, or write HostSNI(\`*\`) for plain TCP`,
  });
}

/** The first server name of a rule, also of a negated part; undefined when it takes connections without TLS. */
function namedHost(rule: TcpRuleNode): string | undefined {
  if (rule.kind === 'match') return rule.name === 'HostSNI' && rule.args[0] !== '*' ? rule.args[0] : undefined;
  if (rule.kind === 'not') return namedHost(rule.node);
  return rule.nodes.map(namedHost).find((name) => name !== undefined);
}

function hasTls(group: LabelGroup): boolean {
  const bare = group.find('tls');
  if (bare !== undefined && parseBoolean(bare.value) === false) return false;
  return group.settings.some(({ option }) => option.key === 'tls' || option.key.startsWith('tls.'));
}

function checkService(group: LabelGroup, services: ReadonlyMap<string, LabelGroup>): void {
  if ((group.text('service') ?? '') !== '' || services.size < 2) return;
  const names = [...services.values()].map(({ name }) => name);
  group.fail({
    code: 'service_ambiguous',
    message: `the router ${group.name} names no service, and there are several: ${names.join(', ')}`,
    hint: `add a label service=${names[0]} to it`,
  });
}

function warnIdle(kind: string, group: LabelGroup): void {
  const label = (group.find('rule') ?? group.settings[0])?.label;
  if (group.fault !== undefined || label === undefined) return;
  group.warn({
    code: 'not_acted_on',
    label,
    message: `the ${kind} ${group.name} is known but has no effect yet: only HTTP is routed`,
    hint: 'remove its labels, or do without it for now',
  });
}
