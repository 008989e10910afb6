import type { LabelDefaults } from './decode-labels.ts';
import { defaultHost } from './default-host.ts';
import { type GoTemplate, isTemplateError, parseTemplate, renderTemplate } from './go-template.ts';
import type { StaticConfig } from './static-config.ts';
import type { Workload } from './workload.ts';

const TRAEFIK_DEFAULT = 'Host(`{{ normalize .Name }}`)';
const ONE_HOST = /^Host\(`([^`]+)`\)$/;

/**
 * The rule of routers that have none: `SERVICE.DOMAIN` with `--domain`, else in Traefik's mode what its template makes of the
 * container (traefik-labels.md section 3). Routers of a file have rules, or none.
 */
export function defaultRule(
  workload: Workload,
  staticConfig: Pick<StaticConfig, 'domain' | 'mode' | 'docker'>,
): Pick<LabelDefaults, 'defaultHost' | 'defaultRule'> {
  if (workload.services !== undefined) return { defaultHost: undefined };
  const { domain, mode } = staticConfig;
  if (domain !== undefined || mode === 'sluice') return { defaultHost: defaultHost(workload, domain) };
  const { template, env } = staticConfig.docker?.defaultRule ?? { template: usualTemplate(), env: {} };
  const { baseName, name, labels } = workload;
  const made = renderTemplate(template, { data: { Name: baseName, ContainerName: name, Labels: labels }, env });
  if (isTemplateError(made)) {
    const message = `column ${made.column} of the default rule: ${made.message}`;
    return { defaultHost: undefined, defaultRule: { fault: { message, hint: made.hint } } };
  }
  const rule = made.trim();
  if (rule === '') {
    const fault = {
      message: 'the default rule gives nothing for it',
      hint: 'add the label traefik.http.routers.….rule',
    };
    return { defaultHost: undefined, defaultRule: { fault } };
  }
  return { defaultHost: ONE_HOST.exec(rule)?.[1], defaultRule: { rule } };
}

let usual: GoTemplate | undefined;

function usualTemplate(): GoTemplate {
  usual ??= parseTemplate(TRAEFIK_DEFAULT) as GoTemplate;
  return usual;
}
