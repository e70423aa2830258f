import { Center, Loader } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useT } from '../i18n';
import { useSession } from '../store/hooks';
import { Shell } from './Shell';

const SignInPage = lazy(async () => ({ default: (await import('../features/auth/pages')).SignInPage }));

/** The signed-in part. Without a session it asks for one in place, so that the address stays. */
export function Gate() {
  const session = useSession();
  const t = useT();
  if (session.status === 'signed_in') return <Shell />;
  const waiting = (
    <Center component="main" mih="100vh">
      <Loader type="dots" aria-label={t.loading} />
    </Center>
  );
  return session.status === 'starting' ? waiting : <Suspense fallback={waiting}>{<SignInPage />}</Suspense>;
}
