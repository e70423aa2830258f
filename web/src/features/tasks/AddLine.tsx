import { IconPlus } from '../../app/icons';
import { setUi, type QuickDefaults } from '../../app/ui';
import { useT } from '../../i18n';

/** The last line of a list: begins a task that belongs there. */
export function AddLine({ defaults, where }: { defaults: QuickDefaults; where: string }) {
  const t = useT();
  return (
    <button type="button" className="add-line" aria-label={t.views.addTo(where)} onClick={() => setUi({ quick: defaults })}>
      <IconPlus size={18} aria-hidden />
      {t.task.add}
    </button>
  );
}
