import { Kbd, Modal } from '@mantine/core';
import { setUi } from '../../app/ui';
import { useReturnFocus } from '../../app/useReturnFocus';
import { useT } from '../../i18n';

export default function KeyHelp() {
  useReturnFocus();
  const t = useT();
  const k = t.keyboard;
  const parts: [string, [string, string][]][] = [
    [k.general, [['q', k.quick], ['Ctrl K', k.palette], ['/', k.search], ['Ctrl Z', k.undo], ['?', k.help], ['Esc', k.escape]]],
    [
      k.list,
      [['j', k.down], ['k', k.up], ['Enter', k.open], ['e', k.complete], ['x', k.select], ['Shift X', k.range], ['Ctrl A', k.all], ['t', k.today], ['m', k.tomorrow], ['1 – 5', k.priority], ['Del', k.trash]],
    ],
    [k.go, [['g i', t.nav.inbox], ['g t', t.nav.today], ['g u', t.nav.upcoming], ['g c', t.nav.calendar], ['g n', t.nav.notifications], ['g s', t.nav.settings]]],
  ];
  return (
    <Modal opened onClose={() => setUi({ help: false })} title={k.title} size="lg">
      <div className="keys">
        {parts.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([key, words]) => (
                <div key={key}>
                  <dt>{key.length > 1 && key.includes(' ') && !key.includes('–') ? key.split(' ').map((each) => <Kbd key={each}>{each}</Kbd>) : <Kbd>{key}</Kbd>}</dt>
                  <dd>{words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
