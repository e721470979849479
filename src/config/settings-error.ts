/** Says everything that is wrong with the settings at once, so that nobody has to mend them one restart at a time. */
export interface SettingsProblem {
  readonly key: string;
  /** Never holds a secret, nor a part of one. */
  readonly message: string;
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    const lines = problems.map(({ key, message }) => `  ${key}: ${message}`);
    super(
      `${problems.length === 1 ? 'A setting is' : `${problems.length} settings are`} wrong:\n${lines.join('\n')}`,
    );
    this.problems = problems;
  }
}
