import { nearest } from '../../lib/suggest.ts';
import { child, entriesOf, textsOf, type ComposeNode } from './compose-node.ts';
import type { ComposeService } from './compose-project.ts';
import type { Finding } from './finding.ts';
import { isOurs } from './service-labels.ts';

/** Labels of ours that stand where no container gets them. */
export function misplacedLabels(service: ComposeService, labels: Iterable<string>): readonly Finding[] {
  const hasOwn = [...labels].some(isOurs);
  return [...inDeploy(service, hasOwn), ...amongKeys(service)];
}

/** `deploy.labels` are the labels of a Swarm service; one finding at the first of them. */
function inDeploy({ name, node }: ComposeService, hasOwn: boolean): readonly Finding[] {
  const [first] = entriesOf(child(child(node, 'deploy'), 'labels')).filter(([label]) => isOurs(label));
  if (first === undefined || hasOwn) return [];
  return [
    {
      severity: 'warning',
      code: 'label_misplaced',
      place: first[1].key,
      service: name,
      label: first[0],
      message: 'labels below deploy belong to a Swarm service; the container does not get them, so they are not read',
      hint: 'move them to labels: directly below the service',
    },
  ];
}

function amongKeys({ name, node }: ComposeService): readonly Finding[] {
  return entriesOf(node).flatMap(([key, { key: place, value }]): readonly Finding[] => {
    const common = { severity: 'error', code: 'label_misplaced', place, service: name } as const;
    if (isOurs(key)) {
      const message = 'this label stands beside image: and not below labels:, where compose does not know it';
      return [{ ...common, label: key, message, hint: `write it below labels: of ${name}` }];
    }
    const isMistyped = key !== 'labels' && nearest(key, ['labels']) !== undefined && hasOurs(value);
    return isMistyped ? [{ ...common, message: `there is no key ${key}`, hint: 'did you mean labels:?' }] : [];
  });
}

function hasOurs(labels: ComposeNode): boolean {
  return entriesOf(labels).some(([name]) => isOurs(name)) || textsOf(labels).some(({ text }) => isOurs(text));
}
