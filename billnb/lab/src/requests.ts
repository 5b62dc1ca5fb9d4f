/**
 * The requests to the server extension.
 */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type {
  IAccount,
  IConnection,
  IHost,
  IProvider,
  IStorage
} from './answers';
import { failureOf, offline, RequestError } from './failures';

/** The server extension, by what can be asked of it. */
export class Requests {
  constructor(
    private _settings: ServerConnection.ISettings,
    private _trans: TranslationBundle
  ) {}

  async providers(): Promise<IProvider[]> {
    const answer = await this._ask<{ providers: IProvider[] }>('providers');
    return answer.providers;
  }

  async accounts(): Promise<{ accounts: IAccount[]; storage: IStorage }> {
    return this._ask('accounts');
  }

  async add(connection: IConnection): Promise<IAccount> {
    const answer = await this._ask<{ account: IAccount }>(
      'accounts',
      'POST',
      connection
    );
    return answer.account;
  }

  async test(name: string): Promise<IAccount> {
    const path = `accounts/${encodeURIComponent(name)}/test`;
    const answer = await this._ask<{ account: IAccount }>(path, 'POST', {});
    return answer.account;
  }

  /** Ask to which host the key of an account may not be sent yet. */
  async host(name: string): Promise<IHost> {
    return this._ask(`accounts/${encodeURIComponent(name)}/host`);
  }

  /** Say that a person confirmed the host of an account. */
  async confirmHost(name: string, host: string): Promise<IAccount> {
    const path = `accounts/${encodeURIComponent(name)}/host`;
    const body = { confirmed_host: host };
    const answer = await this._ask<{ account: IAccount }>(path, 'POST', body);
    return answer.account;
  }

  /** Remove an account; by force, even where its secret cannot be removed. */
  async remove(name: string, force = false): Promise<void> {
    const path = `accounts/${encodeURIComponent(name)}`;
    await this._ask(path, 'DELETE', undefined, force ? '?force=true' : '');
  }

  private async _ask<T>(
    path: string,
    method = 'GET',
    body?: object,
    query = ''
  ): Promise<T> {
    const url = URLExt.join(this._settings.baseUrl, 'billnb', path) + query;
    const init: RequestInit = {
      method,
      ...(body && { body: JSON.stringify(body) })
    };
    let answer: Response;
    let text: string;
    try {
      answer = await ServerConnection.makeRequest(url, init, this._settings);
      text = await answer.text();
    } catch {
      throw new RequestError(offline(this._trans));
    }
    const said = parsed(text);
    if (!answer.ok) {
      throw new RequestError(failureOf(answer.status, said, this._trans));
    }
    return said as T;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
