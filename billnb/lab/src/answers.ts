/**
 * The answers of the server about accounts, as types; none of them holds a secret.
 */

export interface IField {
  name: string;
  label: string;
  secret: boolean;
  required: boolean;
  placeholder: string | null;
  variable: string;
}

export interface IProvider {
  name: string;
  label: string;
  fields: IField[];
  documentation: string | null;
}

export type State =
  | 'ok'
  | 'refused'
  | 'unreachable'
  | 'untried'
  | 'incomplete'
  | 'unconfirmed'
  | 'locked'
  | 'unknown';

export interface IAccount {
  name: string;
  provider: string;
  label: string;
  known: boolean;
  state: State;
  message: string | null;
  tested_at: string | null;
  last_sync: string | null;
  kept: 'keyring' | 'file' | 'environment' | null;
  options: Record<string, string>;
  removable: boolean;
  variables: Record<string, string>;
}

export interface IStorage {
  keyring: boolean;
  backend: string | null;
  message: string | null;
  file: string;
}

/** A host that a key may not be sent to before it is confirmed, and why; null where it may. */
export interface IHost {
  host: string | null;
  message: string | null;
}

/** Where a secret is to be kept. */
export type Store = 'keyring' | 'file';

/** Where a secret is to be found: in a store, or in variables that somebody else sets. */
export type Place = Store | 'environment';

/** What is sent to connect an account: the one message that holds a secret, and only on its way out. */
export interface IConnection {
  name: string;
  provider: string;
  options: Record<string, string>;
  secrets: Record<string, string>;
  /** Left out where there is nothing to keep. */
  store?: Store;
  verify: boolean;
  /** The host that a person confirmed for the key, where the server asked for that. */
  confirmed_host?: string;
}
