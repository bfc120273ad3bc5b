import type { TaskSettings } from './services.js';

/** Settings that the environment may give. */
export interface SettingOverrides {
  /** Address of the object store. */
  objects?: string;
  /** Folder of secrets. */
  secretsFolder?: string;
  /** Networks that tasks may call beside the public internet, as CIDR. */
  httpAllow?: string[];
}

/** What the configuration says, where the environment does not say otherwise. */
export function overridden(
  settings: TaskSettings,
  { objects, secretsFolder, httpAllow }: SettingOverrides,
): TaskSettings {
  return {
    ...settings,
    ...(objects !== undefined && { objects: { ...settings.objects, url: objects } }),
    ...(httpAllow !== undefined && { http: { ...settings.http, allow: httpAllow } }),
    ...(secretsFolder !== undefined && { secrets: { ...settings.secrets, folder: secretsFolder } }),
  };
}
