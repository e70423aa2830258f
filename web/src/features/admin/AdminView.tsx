import { Text } from '@mantine/core';
import { useT } from '../../i18n';
import { useUser } from '../../store/hooks';
import { Section } from '../settings/Section';
import { ViewHead } from '../tasks/ViewHead';
import { Announcements } from './Announcements';
import { Invitations } from './Invitations';
import { Users } from './Users';

export function AdminView() {
  const t = useT();
  const user = useUser();
  return (
    <>
      <ViewHead title={t.nav.administration} />
      {user.role === 'administrator' ? (
        <div className="settings">
          <Section title={t.admin.users}>
            <Users />
          </Section>
          <Section title={t.admin.invitations} hint={t.admin.registration}>
            <Invitations />
          </Section>
          <Section title={t.admin.announcements} hint={t.admin.announcementsHint}>
            <Announcements />
          </Section>
        </div>
      ) : (
        <Text>{t.admin.forbidden}</Text>
      )}
    </>
  );
}
