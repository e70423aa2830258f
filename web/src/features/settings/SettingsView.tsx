import { Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useT } from '../../i18n';
import { ViewHead } from '../tasks/ViewHead';
import { Danger } from './Danger';
import { Look } from './Look';
import { Preferences } from './Preferences';
import { Profile } from './Profile';
import { Security } from './Security';
import type { SettingsPart } from './parts';
import { Tokens } from './Tokens';
import { Webhooks } from './Webhooks';

export function SettingsView() {
  const t = useT();
  const navigate = useNavigate();
  const { part = 'profile' } = useSearch({ from: '/inside/app/settings' });
  const list = useRef<HTMLDivElement>(null);
  // On a narrow screen the tabs are wider than it.
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [part]);
  const parts: [SettingsPart, string, React.ReactNode][] = [
    ['profile', t.settings.profile, <><Profile /><Look /></>],
    ['notifications', t.settings.notifications, <Preferences />],
    ['security', t.settings.security, <Security />],
    ['integrations', t.settings.integrations, <><Tokens /><Webhooks /></>],
    ['account', t.settings.account, <Danger />],
  ];
  return (
    <>
      <ViewHead title={t.nav.settings} />
      <Tabs
        keepMounted={false}
        value={part}
        onChange={(value) => void navigate({ to: '.', search: { part: value === 'profile' ? undefined : (value as SettingsPart) }, replace: true })}
      >
        <Tabs.List ref={list} className="tabs" aria-label={t.nav.settings}>
          {parts.map(([id, title]) => (
            <Tabs.Tab key={id} value={id}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {parts.map(([id, , panels]) => (
          <Tabs.Panel key={id} value={id} className="settings">
            {panels}
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
