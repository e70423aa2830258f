// Who is signed in. The access token lives in this module's memory and nowhere else; the refresh token is in an HttpOnly
// cookie that no script can read.
import { errorOf, SignedOut, Unreachable } from './problem';
import type { SignedIn, User } from './types';
import { uuid } from './uuid';

export type Session =
  | { status: 'starting' }
  | { status: 'signed_out' }
  /** `fresh` is false while the service has not confirmed it: opened without a network, from what was last known. */
  | { status: 'signed_in'; user: User; fresh: boolean };

const base = '/api/v1';
const knownItem = 'cumulo.known';
const refreshKeyItem = 'cumulo.refresh-key';
const cookieMode = { 'Content-Type': 'application/json', 'X-Cumulo-Session': 'cookie' };
const earlier = 30_000;

let session: Session = { status: 'starting' };
let token: { text: string; expires: number } | null = null;
let refreshing: Promise<string> | null = null;
const listeners = new Set<() => void>();
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('cumulo-session');

export const getSession = (): Session => session;

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: Session) {
  session = next;
  for (const listener of listeners) listener();
}

function take(answer: SignedIn) {
  token = { text: answer.access_token, expires: Date.now() + answer.expires_in * 1000 };
  localStorage.setItem(knownItem, answer.user.id);
  become({ status: 'signed_in', user: answer.user, fresh: true });
}

export function updateUser(user: User) {
  if (session.status === 'signed_in') become({ ...session, user });
}

/** The account whose data this browser holds, if any. */
export const knownAccount = (): string | null => localStorage.getItem(knownItem);

let expired = false;
/** Did the session end by itself? */
export const hasExpired = () => expired;

/** `keep`: the session ended by itself; what was not sent waits for the same person to sign in again. */
function forget(keep: boolean) {
  token = null;
  expired = keep;
  if (!keep) localStorage.removeItem(knownItem);
  localStorage.removeItem(refreshKeyItem);
  become({ status: 'signed_out' });
}

if (tabs) {
  tabs.onmessage = (event: MessageEvent<string>) => {
    if (event.data === 'signed-out' && session.status === 'signed_in') forget(false);
  };
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  try {
    return await fetch(base + path, {
      method: 'POST',
      headers: { ...cookieMode, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Unreachable();
  }
}

/** Refresh tokens are good for one use, so tabs take turns, and a repeat after a lost answer carries the same key. */
async function exchange(): Promise<string> {
  for (let attempt = 0; ; ++attempt) {
    const key = localStorage.getItem(refreshKeyItem) ?? uuid();
    localStorage.setItem(refreshKeyItem, key);
    const response = await post('/token/refresh', undefined, { 'Idempotency-Key': key });
    if (response.status >= 500 || response.status === 429) throw new Unreachable();
    localStorage.removeItem(refreshKeyItem);
    if (response.ok) {
      const answer = (await response.json()) as SignedIn;
      take(answer);
      return answer.access_token;
    }
    // 422: the key was used with the cookie before this one; the cookie at hand is good.
    if (response.status === 422 && attempt === 0) continue;
    forget(true);
    throw new SignedOut();
  }
}

/** A new access token. However many ask at once, one exchange is made. */
export function refresh(): Promise<string> {
  const locked = () => (navigator.locks ? navigator.locks.request('cumulo-refresh', exchange) : exchange());
  refreshing ??= Promise.resolve(locked()).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** An access token that is good for a while. Throws SignedOut or Unreachable. */
export async function accessToken(): Promise<string> {
  if (token && token.expires - earlier > Date.now()) return token.text;
  if (session.status === 'signed_out') throw new SignedOut();
  return refresh();
}

/** Longer than a service takes that is there. */
const patience = 3_000;

/** Called once at start. `lastUser` is what to show if nobody answers, or not soon. */
export async function resume(lastUser: () => Promise<User | null>): Promise<void> {
  if (!knownAccount()) return become({ status: 'signed_out' });
  const showLast = async () => {
    const user = await lastUser();
    if (user && session.status === 'starting') become({ status: 'signed_in', user, fresh: false });
  };
  const late = setTimeout(() => void showLast(), patience);
  try {
    await refresh();
  } catch (error) {
    if (error instanceof SignedOut) return;
    await showLast();
    if (session.status === 'starting') become({ status: 'signed_out' });
  } finally {
    clearTimeout(late);
  }
}

async function enter(path: string, body: unknown): Promise<User> {
  const response = await post(path, body, { 'Idempotency-Key': uuid() });
  if (!response.ok) throw await errorOf(response);
  const answer = (await response.json()) as SignedIn;
  take(answer);
  return answer.user;
}

export const signIn = (body: { email: string; password: string }) => enter('/login', body);

export const register = (body: {
  email: string;
  password: string;
  name: string | null;
  timezone: string;
  locale: string;
  invitation: string | null;
}) => enter('/register', body);

export async function signOut(): Promise<void> {
  const bearer: Record<string, string> = token ? { Authorization: `Bearer ${token.text}` } : {};
  try {
    await post('/logout', undefined, bearer);
  } catch {
    // The session ends here all the same; on the service it runs out.
  }
  tabs?.postMessage('signed-out');
  forget(false);
}
