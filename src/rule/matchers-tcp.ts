import { asciiFault, hostRegexpFault, networkFault, type ArgumentCheck } from './argument-checks.ts';
import type { RuleSyntax, TcpMatcherName, TcpRuleNode } from './ast.ts';
import { alternatives, match } from './matchers-v2.ts';
import { plain } from './matchers.ts';
import { regexpFault } from './regexp-fault.ts';
import { buildLanguage, type RuleLanguage } from './rule-language.ts';
import { escapeRegexp, templateRegexp } from './template.ts';

const REPLACED = {
  host: 'write HostSNI(`example.com`)',
  hostheader: 'write HostSNI(`example.com`)',
  hostregexp: 'write HostSNIRegexp(`^.+\\.example\\.com$`)',
  path: 'a TCP router sees no path; use a router for HTTP',
  pathprefix: 'a TCP router sees no path; use a router for HTTP',
  header: 'a TCP router sees no header; use a router for HTTP',
};

/** Every TCP matcher (rules.md section 11). In v2 several arguments are alternatives and `HostSNIRegexp` is a template. */
export const TCP_RULES: Readonly<Record<RuleSyntax, RuleLanguage<TcpMatcherName>>> = {
  v3: buildLanguage<TcpMatcherName>(
    {
      HostSNI: plain('HostSNI', 'HostSNI(`example.com`)', [1], [serverNameFault]),
      HostSNIRegexp: plain('HostSNIRegexp', 'HostSNIRegexp(`^.+\\.example\\.com$`)', [1], [hostRegexpFault]),
      ClientIP: plain('ClientIP', 'ClientIP(`192.0.2.0/24`)', [1], [networkFault]),
      ALPN: plain('ALPN', 'ALPN(`h2`)', [1], [protocolFault]),
    },
    REPLACED,
  ),
  v2: buildLanguage<TcpMatcherName>(
    {
      HostSNI: alternatives('HostSNI(`example.com`)', (name) => serverNameFault(name) ?? match('HostSNI', name)),
      HostSNIRegexp: alternatives('HostSNIRegexp(`{sub:[a-z]+}.example.com`)', readTemplate),
      ClientIP: alternatives('ClientIP(`192.0.2.0/24`)', (text) => networkFault(text) ?? match('ClientIP', text)),
      ALPN: alternatives('ALPN(`h2`)', (protocol) => protocolFault(protocol) ?? match('ALPN', protocol)),
    },
    REPLACED,
  ),
};

function serverNameFault(name: string): ArgumentCheck | undefined {
  if (name === '*' || /^(\*\.)?[\w.:-]+$/.test(name)) return undefined;
  return (
    asciiFault(name) ?? {
      message: `${name} is not the name of a server`,
      hint: 'write a host name, *.example.com, or * for every connection; patterns go into HostSNIRegexp',
    }
  );
}

function protocolFault(protocol: string): ArgumentCheck | undefined {
  if (protocol !== 'acme-tls/1') return undefined;
  return { message: 'acme-tls/1 is kept for certificates', hint: 'name the protocol of the application, such as h2' };
}

function readTemplate(template: string): TcpRuleNode | ArgumentCheck {
  const regexp = templateRegexp(template, 'host') ?? escapeRegexp(template.toLowerCase());
  if (typeof regexp !== 'string') return regexp;
  const anchored = `^${regexp}$`;
  return asciiFault(template) ?? regexpFault(anchored) ?? match('HostSNIRegexp', anchored);
}
