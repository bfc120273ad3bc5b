import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import type { StepLimits } from '../../../core/task/services.js';

/** Where the run's volume is in every container. */
export const volumeTarget = '/carillon';
export const workspace = `${volumeTarget}/workspace`;

const mebibyte = 1024 * 1024;

export interface ContainerOrder {
  image: string;
  argv: string[];
  env: Record<string, string>;
  /** Below the workspace. */
  workdir: string;
  user: string;
  network: string;
  volume: string;
  limits: StepLimits;
  labels: Record<string, string>;
}

/** A container that can do nothing to its host: what an engine is asked to create for one step. */
export function containerOptions(order: ContainerOrder): ContainerCreateOptions {
  const { image, argv, env, workdir, user, labels } = order;
  return {
    Image: image,
    // The image's own entry point would get the program as an argument.
    Entrypoint: argv.slice(0, 1),
    Cmd: argv.slice(1),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    WorkingDir: workdir === '.' ? workspace : `${workspace}/${workdir}`,
    User: user,
    Labels: labels,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: false,
    Tty: false,
    HostConfig: hostConfig(order),
  };
}

function hostConfig({ volume, network, limits }: ContainerOrder): HostConfig {
  const memory = limits.memoryMiB * mebibyte;
  const file = limits.fileMiB * mebibyte;
  return {
    Init: true,
    AutoRemove: false,
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: true,
    Tmpfs: { '/tmp': 'rw,nosuid,nodev,size=64m,mode=1777' },
    Mounts: [{ Type: 'volume', Source: volume, Target: volumeTarget, VolumeOptions: noCopy }],
    NetworkMode: network,
    IpcMode: 'private',
    Memory: memory,
    // Equal to memory: no swap beside it.
    MemorySwap: memory,
    NanoCpus: Math.round(limits.cpus * 1e9),
    PidsLimit: limits.processes,
    Ulimits: [
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'fsize', Soft: file, Hard: file },
    ],
    // What it prints is read as it comes, and kept in the run's log: on the host's disk it has no bound.
    LogConfig: { Type: 'none', Config: {} },
    RestartPolicy: { Name: 'no' },
  };
}

/** The image may have files at the volume's place; they are not wanted. */
const noCopy = { NoCopy: true } as NonNullable<NonNullable<HostConfig['Mounts']>[number]['VolumeOptions']>;
