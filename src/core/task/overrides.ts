import type { TaskSettings } from './services.js';

/** Settings that the environment may give. */
export interface SettingOverrides {
  /** Address of the object store. */
  objects?: string;
  /** Folder of secrets. */
  secretsFolder?: string;
}

/** What the configuration says, where the environment does not say otherwise. */
export function overridden(settings: TaskSettings, { objects, secretsFolder }: SettingOverrides): TaskSettings {
  return {
    ...settings,
    ...(objects !== undefined && { objects: { ...settings.objects, url: objects } }),
    ...(secretsFolder !== undefined && { secrets: { ...settings.secrets, folder: secretsFolder } }),
  };
}
