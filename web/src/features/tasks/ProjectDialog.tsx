import { Button, ColorSwatch, Group, Modal, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { setUi } from '../../app/ui';
import { useReturnFocus } from '../../app/useReturnFocus';
import { useT } from '../../i18n';
import { useProjects } from '../../store/hooks';
import { changeProject, createProject } from './actions';

const colors = ['#2b62c9', '#0f766e', '#2f8f46', '#a16207', '#c2410c', '#be185d', '#7c3aed', '#5a6576'];

/** `id` of the project, or 'new'. */
export default function ProjectDialog({ id }: { id: string }) {
  useReturnFocus();
  const t = useT();
  const navigate = useNavigate();
  const [project] = useState(useProjects().get(id));
  const [name, setName] = useState(project?.name ?? '');
  const [color, setColor] = useState(project?.color ?? colors[0]!);
  const close = () => setUi({ project: null });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    close();
    // Only what was changed here: somebody else may have changed the rest meanwhile.
    if (project) {
      if (name.trim() !== project.name) changeProject(id, { name: name.trim() }, { name: project.name });
      if (color !== (project.color ?? colors[0])) changeProject(id, { color }, { color: project.color });
    }
    else void navigate({ to: '/app/project/$id', params: { id: createProject({ name: name.trim(), color }) } });
  };
  return (
    <Modal opened onClose={close} title={project ? t.project.edit : t.project.create}>
      <form onSubmit={submit}>
        <TextInput data-autofocus label={t.project.name} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Group mt="md" gap="xs" role="radiogroup" aria-label={t.project.color}>
          {colors.map((each, index) => (
            <ColorSwatch key={each} component="button" type="button" role="radio" aria-checked={color === each} aria-label={t.project.colors[index]} color={each} size={30} className="swatch" onClick={() => setColor(each)} />
          ))}
        </Group>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close}>
            {t.cancel}
          </Button>
          <Button type="submit" disabled={!name.trim()}>
            {t.save}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
