import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { Link, useNavigate, useSearch, type LinkProps } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { api, body, open } from '../../api/client';
import { useCanMail, useRegistration } from '../../api/installation';
import { ApiError, faultOf, reasonOf } from '../../api/problem';
import { hasExpired, knownAccount, register, signIn, updateUser } from '../../api/session';
import { useSpoken, useT } from '../../i18n';
import { useSession } from '../../store/hooks';

function Frame({ title, children }: { title: string; children: ReactNode }) {
  const t = useT();
  return (
    <div className="auth">
      <main className="auth-card">
        <header>
          <img src="/favicon.svg" alt="" width={52} height={52} />
          <Text fw={650}>{t.name}</Text>
          <Text c="dimmed" size="sm">
            {t.tagline}
          </Text>
        </header>
        <Title order={1}>{title}</Title>
        {!isSecureContext && (
          <Alert color="yellow" variant="light">
            {t.auth.insecure}
          </Alert>
        )}
        {children}
      </main>
    </div>
  );
}

/** Runs a form's work; what the service says stands above the fields or beside the one that it is about. */
function useForm(work: () => Promise<void>) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    work()
      .catch(setError)
      .finally(() => setBusy(false));
  };
  const fault = (name: string) => faultOf(t, error, name);
  const placed = error instanceof ApiError && (error.problem.errors ?? []).length > 0;
  const message = error && !placed ? reasonOf(t, error) : null;
  const alert = message && (
    <Alert color="red" role="alert" variant="light">
      {message}
    </Alert>
  );
  return { busy, submit, fault, alert };
}

function useLeaveWhenSignedIn() {
  const session = useSession();
  const navigate = useNavigate();
  useEffect(() => {
    if (session.status === 'signed_in' && /^\/app\/sign-/.test(location.pathname)) void navigate({ to: '/app/today' });
  }, [session.status, navigate]);
}

/** The way to the other page. */
function Instead({ asked, to, label }: { asked: string; to: LinkProps['to']; label: string }) {
  return (
    <Text size="sm">
      {asked}{' '}
      <Anchor component={Link} to={to} inherit underline="always">
        {label}
      </Anchor>
    </Text>
  );
}

export function SignInPage() {
  const t = useT();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  useLeaveWhenSignedIn();
  const registration = useRegistration();
  const form = useForm(async () => void (await signIn({ email, password })));
  return (
    <Frame title={t.auth.signIn}>
      <form onSubmit={form.submit} noValidate>
        <Stack>
          {hasExpired() && <Text size="sm">{t.auth.expired}</Text>}
          {form.alert}
          <TextInput label={t.auth.email} type="email" name="email" autoComplete="username" required autoFocus value={email} onChange={(e) => setEmail(e.currentTarget.value)} error={form.fault('email')} />
          <PasswordInput label={t.auth.password} name="password" autoComplete="current-password" required value={password} onChange={(e) => setPassword(e.currentTarget.value)} error={form.fault('password')} />
          <Button type="submit" loading={form.busy} fullWidth>
            {t.auth.signIn}
          </Button>
          <Anchor component={Link} to="/app/forgot-password" size="sm">
            {t.auth.forgot}
          </Anchor>
          {registration !== 'closed' && <Instead asked={t.auth.noAccount} to="/app/sign-up" label={t.auth.signUp} />}
        </Stack>
      </form>
    </Frame>
  );
}

export function SignUpPage() {
  const t = useT();
  const { language } = useSpoken();
  // In the fragment, which no server sees; links of before have it in the query.
  const inQuery = useSearch({ from: '/app/sign-up' }).invitation;
  const [given] = useState(() => new URLSearchParams(location.hash.slice(1)).get('invitation') ?? inQuery);
  const [fields, setFields] = useState({ name: '', email: '', password: '', invitation: given ?? '' });
  const [asked, setAsked] = useState(given !== undefined);
  const registration = useRegistration();
  const invited = asked || registration === 'invitation';
  useLeaveWhenSignedIn();
  const set = (name: keyof typeof fields) => (event: { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    setFields((old) => ({ ...old, [name]: value }));
  };
  const form = useForm(async () => {
    const locale = navigator.language.startsWith(language) ? navigator.language : language;
    await register({
      email: fields.email,
      password: fields.password,
      name: fields.name.trim() || null,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      locale,
      invitation: fields.invitation.trim() || null,
    });
  });
  return (
    <Frame title={t.auth.signUp}>
      <form onSubmit={form.submit} noValidate>
        <Stack>
          {registration === 'closed' && <Alert role="status">{t.auth.closed}</Alert>}
          {form.alert}
          <TextInput label={t.auth.name} description={t.auth.nameHint} name="name" autoComplete="name" autoFocus value={fields.name} onChange={set('name')} error={form.fault('name')} />
          <TextInput label={t.auth.email} type="email" name="email" autoComplete="username" required value={fields.email} onChange={set('email')} error={form.fault('email')} />
          <PasswordInput label={t.auth.password} description={t.auth.passwordHint} name="password" autoComplete="new-password" required value={fields.password} onChange={set('password')} error={form.fault('password')} />
          {invited ? (
            <TextInput label={t.auth.invitation} description={t.auth.invitationHint} value={fields.invitation} onChange={set('invitation')} error={form.fault('invitation')} />
          ) : (
            <Anchor component="button" type="button" size="sm" ta="start" onClick={() => setAsked(true)}>
              {t.auth.haveInvitation}
            </Anchor>
          )}
          <Button type="submit" loading={form.busy} fullWidth>
            {t.auth.signUp}
          </Button>
          <Instead asked={t.auth.haveAccount} to="/app/sign-in" label={t.auth.signIn} />
        </Stack>
      </form>
    </Frame>
  );
}

function ToSignIn() {
  const t = useT();
  return (
    <Anchor component={Link} to="/app/sign-in" size="sm">
      {t.auth.signIn}
    </Anchor>
  );
}

export function ForgotPage() {
  const t = useT();
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState(false);
  const canMail = useCanMail();
  const form = useForm(async () => {
    await body(open.POST('/password/reset-request', { body: { email } }));
    setSent(true);
  });
  if (canMail === false) {
    return (
      <Frame title={t.auth.resetTitle}>
        <Stack>
          <Alert role="status">{t.auth.noMail}</Alert>
          <ToSignIn />
        </Stack>
      </Frame>
    );
  }
  return (
    <Frame title={t.auth.resetTitle}>
      <form onSubmit={form.submit} noValidate>
        <Stack>
          {form.alert}
          {sent ? <Alert role="status">{t.auth.resetSent}</Alert> : <Text size="sm">{t.auth.resetIntro}</Text>}
          <TextInput label={t.auth.email} type="email" name="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.currentTarget.value)} error={form.fault('email')} />
          <Button type="submit" loading={form.busy}>
            {t.auth.resetSend}
          </Button>
          <ToSignIn />
        </Stack>
      </form>
    </Frame>
  );
}

/** The link's secret stands in the fragment, which no server sees. Taken once, and removed from the address. */
function useLinkToken(): string | null {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token'));
  useEffect(() => history.replaceState(history.state, '', location.pathname), []);
  return token;
}

export function ResetPage() {
  const t = useT();
  const token = useLinkToken();
  const [password, setPassword] = useState('');
  const [done, setDone] = useState(false);
  const form = useForm(async () => {
    await body(open.POST('/password/reset', { body: { token: token ?? '', password } }));
    setDone(true);
  });
  return (
    <Frame title={t.auth.resetTitle}>
      {!token || done ? (
        <Stack>
          <Alert role="status" color={done ? 'sky' : 'red'}>
            {done ? t.auth.resetDone : t.auth.linkBroken}
          </Alert>
          <ToSignIn />
        </Stack>
      ) : (
        <form onSubmit={form.submit} noValidate>
          <Stack>
            {form.alert}
            <PasswordInput label={t.auth.newPassword} description={t.auth.passwordHint} name="password" autoComplete="new-password" required autoFocus value={password} onChange={(e) => setPassword(e.currentTarget.value)} error={form.fault('password') ?? form.fault('token')} />
            <Button type="submit" loading={form.busy}>
              {t.save}
            </Button>
          </Stack>
        </form>
      )}
    </Frame>
  );
}

export function VerifyPage() {
  const t = useT();
  const token = useLinkToken();
  const [state, setState] = useState<'busy' | 'done' | { failed: string }>(token ? 'busy' : { failed: t.auth.linkBroken });
  const asked = useRef(false);
  useEffect(() => {
    if (!token || asked.current) return;
    asked.current = true;
    body(open.POST('/email/verify', { body: { token } }))
      .then(() => {
        setState('done');
        // Who is signed in here sees it at once.
        if (knownAccount()) return body(api.GET('/profile', {})).then(updateUser, () => {});
      })
      .catch((error: unknown) => setState({ failed: reasonOf(t, error) }));
  }, [token, t]);
  return (
    <Frame title={t.auth.verifyTitle}>
      <Stack>
        <Alert role="status" color={typeof state === 'object' ? 'red' : 'sky'}>
          {state === 'busy' ? t.auth.verifying : state === 'done' ? t.auth.verified : state.failed}
        </Alert>
        <Anchor component={Link} to="/app/today" size="sm">
          {t.auth.toApp}
        </Anchor>
      </Stack>
    </Frame>
  );
}
