import { buildConfig } from '../../config/build-config.ts';
import { withMembers } from '../../config/composed.ts';
import type { ReadUsersFile } from '../../config/htpasswd.ts';
import type { Problem } from '../../config/problem.ts';
import { isPemText, type ReadRootCas } from '../../config/root-cas.ts';
import type { StaticConfig } from '../../config/static-config.ts';
import { buildSnapshot, type BuiltSnapshot } from '../../routing/build-snapshot.ts';
import type { FilesContent } from '../file/services-files.ts';
import { child, type ComposeFault, type Place } from './compose-node.ts';
import { type ComposeProject, readProject } from './compose-project.ts';
import { buildComposeWorkloads, type ComposeWorkloads } from './compose-workloads.ts';
import type { Finding } from './finding.ts';
import { loadCompose, type ComposeWorld } from './load-compose.ts';
import { misplacedLabels } from './misplaced-labels.ts';
import { placeProblems } from './placed-problems.ts';
import { readRouterOptions } from './router-options.ts';
import { findRouter, pathHere, type RouterService } from './router-service.ts';
import { readLabels, type ServiceLabels } from './service-labels.ts';

/** What a check needs of the world. */
export interface CheckWorld extends ComposeWorld {
  /** Roots and users in files that labels name; asked for those only that the router has from a folder here. */
  readonly readRootCas: ReadRootCas;
  readonly readUsers: ReadUsersFile;
  /** Services without containers, of a file or folder here, in our own form or Traefik's. */
  readonly readServices: (path: string, form: 'own' | 'traefik') => FilesContent;
  readonly exists: (path: string) => boolean;
  readonly isFolder: (path: string) => boolean;
}

export interface CheckedStack {
  readonly findings: readonly Finding[];
  readonly services: number;
  readonly built: Pick<BuiltSnapshot, 'snapshot' | 'wanted'>;
}

/**
 * Judges compose files as the router would judge their containers, without Docker: static options of the router's own service, then
 * labels, ports, networks and conflicts. `flags` are laid over the router's own. Faults: the files cannot be read.
 */
export function checkStack(
  files: readonly string[],
  flags: readonly string[],
  world: CheckWorld,
): CheckedStack | { readonly faults: readonly ComposeFault[] } {
  const loaded = loadCompose(files, world);
  if (loaded.faults.length > 0) return { faults: loaded.faults };
  const project = readProject(loaded);
  const start = loaded.root.place;
  if (project.services.length === 0 && child(loaded.root, 'services') === undefined) {
    return { faults: [{ place: start, message: 'the file has no services', hint: 'name a compose file' }] };
  }
  const router = findRouter(project, loaded.lookup, world.readFile);
  const options = readRouterOptions(flags, router, world.readFile);
  const labels = new Map(project.services.map((service) => [service.name, readLabels(service, world.readFile)]));
  const workloads = buildComposeWorkloads(project, labels, router?.service.name);
  const routed = route({ workloads, config: options.config, router, world, elsewhere: start });
  const context = { project, labels, mayHaveFiles: routed.mayHaveFiles, elsewhere: start, inFiles: routed.inFiles };
  const findings = [
    ...options.findings,
    ...ownFindings(project, labels),
    ...placeProblems(routed.problems, context),
    ...routed.findings,
    ...portNotes(project, labels, workloads, routed.built),
  ];
  return { findings, services: project.services.length, built: routed.built };
}

function ownFindings(project: ComposeProject, labels: ReadonlyMap<string, ServiceLabels>): readonly Finding[] {
  return project.services.flatMap((service) => {
    const own = labels.get(service.name);
    const undefinedNetworks = service.network.kind === 'own' ? service.network.networks : [];
    return [
      ...(own?.findings ?? []),
      ...misplacedLabels(service, own?.labels.keys() ?? []),
      ...undefinedNetworks
        .filter(({ isDefined }) => !isDefined)
        .map(({ key, place }): Finding => ({
          severity: 'error',
          code: 'network_undefined',
          place,
          service: service.name,
          message: `no network ${key} is defined in the file, so compose refuses to start`,
          hint: `add networks: {${key}: {external: true}} at the end of the file, without external if nobody else makes it`,
        })),
    ];
  });
}

interface Routed {
  readonly built: BuiltSnapshot;
  readonly problems: readonly Problem[];
  readonly findings: readonly Finding[];
  readonly mayHaveFiles: boolean;
  /** Where problems of files that the router reads are said to be. */
  readonly inFiles: Place;
}

function route({
  workloads: { workloads, place },
  config,
  router,
  world,
  elsewhere,
}: {
  readonly workloads: ComposeWorkloads;
  readonly config: StaticConfig;
  readonly router: RouterService | undefined;
  readonly world: CheckWorld;
  readonly elsewhere: Place;
}): Routed {
  const absent = new Set<string>();
  const here = (path: string): string | undefined => {
    const found = router === undefined ? undefined : pathHere(router, path);
    if (found !== undefined && world.exists(found)) return found;
    absent.add(path);
    return undefined;
  };
  const inContainer = config.file ?? config.traefikFiles?.path;
  const servicesPath = inContainer === undefined ? undefined : here(inContainer);
  const form = config.file === undefined ? 'traefik' : 'own';
  const services = servicesPath === undefined ? undefined : world.readServices(servicesPath, form);
  const ofDocker = buildConfig(workloads, place, config);
  const ofFile = buildConfig(services?.workloads ?? [], place, config);
  const merged = {
    routers: [...ofDocker.config.routers, ...ofFile.config.routers],
    broken: [...ofDocker.config.broken, ...ofFile.config.broken],
    services: [...ofDocker.config.services, ...ofFile.config.services],
    middlewares: [...ofDocker.config.middlewares, ...ofFile.config.middlewares],
    transports: [...ofDocker.config.transports, ...ofFile.config.transports],
    tlsOptions: [...(ofDocker.config.tlsOptions ?? []), ...(ofFile.config.tlsOptions ?? [])],
  };
  // A file that is not here cannot be judged: it passes for a good one.
  const readRootCas: ReadRootCas = (source) => {
    const path = isPemText(source) ? source : here(source);
    return path === undefined ? { pem: '' } : world.readRootCas(path);
  };
  const readUsers: ReadUsersFile = (source) => {
    const path = here(source);
    return path === undefined ? { users: [] } : world.readUsers(path);
  };
  const built = buildSnapshot(merged, config, readRootCas, readUsers);
  const problems = [...(services?.problems ?? []), ...ofDocker.problems, ...ofFile.problems, ...built.problems];
  const findings = [...absent].map((path) => absentFile(path, router, elsewhere));
  const isFileUnread = inContainer !== undefined && services === undefined;
  const inFiles = servicesPath === undefined ? elsewhere : { file: servicesPath, line: 1, column: 1 };
  return { built, problems, findings, mayHaveFiles: router === undefined || isFileUnread, inFiles };
}

function absentFile(path: string, router: RouterService | undefined, elsewhere: Place): Finding {
  return {
    severity: 'warning',
    code: 'file_not_here',
    place: router?.service.place ?? elsewhere,
    service: router?.service.name,
    message: `the router will read ${path}, which is not among the files here, so what it says is not checked`,
    hint: router === undefined ? 'see that the router has it' : `see that ${router.service.name} mounts it`,
  };
}

/** One note for each routed service whose port only its image tells. */
function portNotes(
  project: ComposeProject,
  labels: ReadonlyMap<string, ServiceLabels>,
  { withoutPort }: ComposeWorkloads,
  { snapshot }: BuiltSnapshot,
): readonly Finding[] {
  const routed = withMembers(
    snapshot.services,
    snapshot.routers.map(({ service }) => service),
  );
  return project.services
    .filter(({ name }) => withoutPort.has(name) && ![...(labels.get(name)?.labels.keys() ?? [])].some(namesPort))
    .filter(({ name }) => hasOwnLabels(labels.get(name)))
    .filter(({ name }) =>
      snapshot.services.some((one) => routed.has(one.name) && one.servers.some(({ container }) => container === name)),
    )
    .map(({ name, place }) => ({
      severity: 'note',
      code: 'port_of_image',
      place,
      service: name,
      message: 'only the image tells its port here; the router takes the port that the image exposes',
      hint: 'if it exposes none, or several, add the label sluice.port',
    }));
}

function namesPort(label: string): boolean {
  return /^(?:sluice|traefik)\..*\b(?:port|url)$/i.test(label);
}

function hasOwnLabels(labels: ServiceLabels | undefined): boolean {
  return [...(labels?.labels.keys() ?? [])].some((name) => /^(?:sluice|traefik)\./i.test(name));
}
