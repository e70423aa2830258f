import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './app/app.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { chosenLanguage, loadMessages } from './i18n';
import { begin } from './app/begin';

const language = chosenLanguage();
document.documentElement.lang = language;
begin();
void loadMessages(language).then((messages) => {
  createRoot(document.getElementById('root')!).render(<App language={language} messages={messages} />);
});

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  window.addEventListener('load', () => void navigator.serviceWorker.register('/sw.js').catch(() => {}));
}
