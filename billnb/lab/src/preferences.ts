/**
 * The user's settings: what is opened, and how much of a history.
 */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Period } from './period';
import { PERIODS, sinceOf } from './period';

/** The settings, with their defaults until they are read. */
export class Preferences {
  /** What a click on an account's name opens. */
  get opens(): 'dashboard' | 'analysis' {
    return this._settings?.composite.opens === 'analysis'
      ? 'analysis'
      : 'dashboard';
  }

  /** The first date that new notebooks load; null for all there is. */
  get since(): string | null {
    const period = this._settings?.composite.period as Period;
    return PERIODS.includes(period) ? sinceOf(period, new Date()) : null;
  }

  /** Follow the settings. */
  follow(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
  }

  private _settings: ISettingRegistry.ISettings | null = null;
}
