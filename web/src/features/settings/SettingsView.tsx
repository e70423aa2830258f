import { useT } from '../../i18n';
import { ViewHead } from '../tasks/ViewHead';
import { Danger } from './Danger';
import { Look } from './Look';
import { Profile } from './Profile';
import { Security } from './Security';
import { Tokens } from './Tokens';

export function SettingsView() {
  const t = useT();
  return (
    <>
      <ViewHead title={t.nav.settings} />
      <div className="settings">
        <Profile />
        <Look />
        <Security />
        <Tokens />
        <Danger />
      </div>
    </>
  );
}
