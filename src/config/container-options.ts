import { labelOptions, type LabelOption, type LabelRow } from './label-option.ts';

const CONTAINER: readonly LabelRow[] = [
  ['enable', 'bool', '`true`', '`false` hides the container'],
  ['docker.network', 'text', 'found', 'Docker network whose address is used'],
  ['docker.allownonrunning', 'bool', '`true`', 'accepted; a stopped container always keeps its routers'],
];

const OTHER: readonly LabelRow[] = [
  ['docker.lbswarm', 'bool', '`false`', 'Swarm: let Swarm balance; its older name'],
  ['swarm.network', 'text', 'found', 'Swarm: network whose address is used'],
  ['swarm.lbswarm', 'bool', '`false`', 'Swarm: let Swarm balance'],
  [
    'tls.stores.default.defaultgeneratedcert.resolver',
    'text',
    'none',
    'resolver of the certificate for connections without a known name',
  ],
  ['tls.stores.default.defaultgeneratedcert.domain.main', 'text', 'none', 'its first name'],
  ['tls.stores.default.defaultgeneratedcert.domain.sans', 'list', 'none', 'its further names'],
];

/** Labels of a whole container, and of nothing in it (traefik-labels.md sections 9.1 and 9.7). */
export const CONTAINER_OPTIONS: readonly LabelOption[] = [
  ...labelOptions('container', 'yes', CONTAINER),
  ...labelOptions('other', 'no', OTHER),
];
