// Ties session, stored state and queue together; runs once, before anything is drawn.
import { getSession, knownAccount, onSession, refresh, resume } from '../api/session';
import { forgetAll, loadSnapshot } from '../store/disk';
import { forgetLeaving, sendLeft } from '../store/leaving';
import { load, reset, setOnline, takeUp } from '../store/outbox';
import { keepSnapshot, restoreSnapshot } from '../store/persist';
import { forgetTyped } from '../store/typed';
import { setUi } from './ui';
import { projectsQuery, queryClient, tasksQuery } from '../store/server';

/** Undefined until it is known whether anybody is signed in. */
let account: string | null | undefined;
/** Who was signed in last. */
let last: string | undefined;

async function follow() {
  const session = getSession();
  const now = session.status === 'signed_in' ? session.user.id : null;
  if (session.status === 'starting' || now === account) return;
  const before = account;
  account = now;
  if (now) {
    if (before && before !== now) queryClient.clear();
    // What is open and half written waits for the one who wrote it only.
    if (last && last !== now) setUi({ quick: null, selected: new Set() });
    last = now;
    await load(now);
    sendLeft();
  } else {
    queryClient.clear();
    reset();
    // After an explicit sign-out nothing stays; an expired session keeps what was not sent.
    if (!before || knownAccount()) return;
    forgetLeaving();
    forgetTyped();
    await forgetAll(before);
  }
}

export function begin() {
  onSession(() => void follow());
  keepSnapshot();
  const known = knownAccount();
  if (known) void restoreSnapshot(known);
  void resume(async () => {
    if (known) await restoreSnapshot(known);
    if (getSession().status === 'starting') setOnline(false);
    return (await loadSnapshot())?.user ?? null;
  }).then(() => {
    if (getSession().status === 'signed_in') {
      void queryClient.prefetchQuery(tasksQuery);
      void queryClient.prefetchQuery(projectsQuery);
    }
  });
  const back = () => {
    if (getSession().status !== 'signed_in') return;
    void refresh()
      .then(() => {
        setOnline(true);
        return queryClient.invalidateQueries();
      })
      .catch(() => {});
  };
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && takeUp());
  window.addEventListener('online', back);
  window.addEventListener('offline', () => setOnline(false));
}
