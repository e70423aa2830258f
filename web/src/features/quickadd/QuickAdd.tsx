import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { useCallback, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { IconX } from '../../app/icons';
import { usePlace } from '../../app/locale';
import { tellUndoable } from '../../app/toast';
import { getUi, setUi, type QuickDefaults } from '../../app/ui';
import { useReturnFocus } from '../../app/useReturnFocus';
import type { TaskCreation } from '../../api/types';
import { useSpoken } from '../../i18n';
import { useProjects, useUser } from '../../store/hooks';
import { realId } from '../../store/outbox';
import { forgetTyped, keepTyped, takeTyped } from '../../store/typed';
import { createTask, trashTask } from '../tasks/actions';
import { dueFields } from '../tasks/due';
import { dayText, dueText } from '../tasks/dueText';
import { findDates } from './dates';
import { parseQuickAdd, type Hit } from './parse';
import { repeats } from './repeats';
import { suggest, type Suggestion } from './suggest';
import { useLabels } from '../tasks/useLabels';

const longest = 500;
const tooLong = (title: string) => [...title].length > longest;

export default function QuickAdd({ defaults }: { defaults: QuickDefaults }) {
  useReturnFocus();
  const { t, language } = useSpoken();
  const place = usePlace();
  const projects = useProjects();
  const labels = useLabels();
  const { id: account } = useUser();
  const [text, setText] = useState('');
  const [ignored, setIgnored] = useState<ReadonlySet<string>>(new Set());
  const [added, setAdded] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const open = useMemo(() => [...projects.values()].filter((project) => !project.archived), [projects]);
  const understand = useCallback(
    (words: string) => parseQuickAdd(words, open, (rest) => findDates(rest, language, new Date(), place), ignored),
    [open, language, place, ignored],
  );
  // A letter stands there before it is understood: reading dates may take longer than a frame.
  const read = useDeferredValue(text);
  const understood = useMemo(() => understand(read), [understand, read]);
  const suggestions = useMemo(() => suggest(text, input.current?.selectionStart ?? text.length, open, labels), [text, open, labels]);
  const close = () => setUi({ quick: null });
  // What the place says where it was opened, unless the words say otherwise.
  const [given, setGiven] = useState(defaults);
  // It may have been made just now, and get its real name meanwhile.
  const into = given.project && realId(given.project);
  const here = into && !understood.project ? projects.get(into) : undefined;
  const day = given.day && !understood.due ? given.day : undefined;

  const words = (hit: Hit): string => {
    if (hit.kind === 'project') return `# ${hit.project.name}`;
    if (hit.kind === 'label') return `@ ${hit.label}`;
    if (hit.kind === 'priority') return t.task.priorities[hit.priority];
    return dueText(t, hit.when, place);
  };
  const ignore = (words: string) => {
    setIgnored((old) => new Set(old).add(words));
    input.current?.focus();
  };
  const accept = (suggestion: Suggestion) => {
    setText(text.slice(0, suggestion.start) + suggestion.insert + ' ' + text.slice(suggestion.end).trimStart());
    input.current?.focus();
  };
  /** Is there a task in these words? */
  const submit = (words = text): boolean => {
    const { title, due: said, project: named, labels: marked, priority } = understand(words);
    if (!title || tooLong(title)) return false;
    const due = said ?? (given.day ? { day: given.day, time: null } : null);
    const body: TaskCreation = { title };
    const project = named?.id ?? into;
    if (project && projects.has(project)) body.project_id = project;
    if (marked.length > 0) body.labels = marked;
    if (priority) body.priority = priority;
    if (due) Object.assign(body, dueFields(due, place.zone));
    const id = createTask(body);
    tellUndoable(t, t.task.added, () => void trashTask(id));
    setAdded(title);
    setText('');
    setIgnored(new Set());
    return true;
  };
  const written = useRef(text);
  useLayoutEffect(() => {
    written.current = text;
  }, [text]);
  // The page may go, or the session end, in the middle of a word.
  useEffect(() => {
    const going = () => keepTyped(account, written.current);
    window.addEventListener('pagehide', going);
    window.addEventListener('pageshow', forgetTyped);
    return () => {
      window.removeEventListener('pagehide', going);
      window.removeEventListener('pageshow', forgetTyped);
      const { quick } = getUi();
      if (quick) setUi({ quick: { ...quick, typed: written.current } });
    };
  }, [account]);
  useLayoutEffect(() => {
    const { quick } = getUi();
    if (!quick?.typed) return;
    setUi({ quick: { ...quick, typed: '' } });
    const lines = (text + quick.typed).split('\n');
    const rest = lines.pop() ?? '';
    const kept = lines.filter((line) => !submit(line));
    setText([...kept, rest].filter(Boolean).join(' '));
  }, [defaults.typed]);
  useLayoutEffect(() => {
    const left = takeTyped(account);
    if (left) setText((now) => left + now);
  }, [account]);
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Tab' && !event.shiftKey && suggestions[0]) {
      event.preventDefault();
      accept(suggestions[0]);
    } else if (event.key === 'Escape') {
      const last = understand(text).hits.at(-1);
      event.preventDefault();
      event.stopPropagation();
      if (last) ignore(text.slice(last.start, last.end));
      else close();
    }
  };
  // A click beside the bar does not throw away what was typed.
  return (
    <Modal opened onClose={close} title={t.quick.title} size="lg" yOffset="12vh" closeOnEscape={false} closeOnClickOutside={!text} overlayProps={{ onClick: () => input.current?.focus() }}>
      <TextInput
        ref={input}
        data-autofocus
        autoFocus
        size="md"
        aria-label={t.quick.title}
        placeholder={t.quick.placeholder}
        description={t.quick.hint}
        inputWrapperOrder={['input', 'description', 'error']}
        maxLength={4000}
        error={tooLong(understood.title) && t.quick.tooLong(longest)}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKey}
        autoComplete="off"
      />
      {suggestions.length > 0 && (
        <div className="suggestions">
          {suggestions.map((suggestion) => (
            <Button key={suggestion.insert} size="compact-sm" variant="default" onClick={() => accept(suggestion)}>
              {suggestion.insert}
            </Button>
          ))}
        </div>
      )}
      <div className="understood" aria-live="polite">
        {understood.hits.length > 0 && <span className="visually-hidden">{t.quick.understood}</span>}
        {here && !here.is_inbox && <Understood words={`# ${here.name}`} label={t.quick.ignore(here.name)} onTakeBack={() => setGiven({ ...given, project: undefined })} />}
        {day && <Understood words={dayText(t, day, place)} label={t.quick.ignore(dayText(t, day, place))} onTakeBack={() => setGiven({ ...given, day: undefined })} />}
        {understood.hits.map((hit) => (
          <Understood key={`${hit.start} ${hit.kind}`} words={words(hit)} label={t.quick.ignore(read.slice(hit.start, hit.end))} onTakeBack={() => ignore(read.slice(hit.start, hit.end))} />
        ))}
        {repeats(understood.title) && <span className="row-meta">{t.quick.once}</span>}
      </div>
      <Group justify="space-between" mt="md">
        <Text size="sm" c="dimmed" role="status">
          {added && `${t.task.added} ${t.quick.another}`}
        </Text>
        <Button onClick={() => submit()} disabled={!understood.title || tooLong(understood.title)}>
          {t.task.add}
        </Button>
      </Group>
    </Modal>
  );
}

function Understood({ words, label, onTakeBack }: { words: string; label: string; onTakeBack: () => void }) {
  return (
    <span className="hit">
      {words}
      <button type="button" aria-label={label} onClick={onTakeBack}>
        <IconX size={13} />
      </button>
    </span>
  );
}
