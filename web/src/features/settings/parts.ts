export const settingsParts = ['profile', 'notifications', 'security', 'integrations', 'account'] as const;
export type SettingsPart = (typeof settingsParts)[number];

export const settingsPart = (value: unknown): SettingsPart | undefined => settingsParts.find((part) => part === value && part !== 'profile');
