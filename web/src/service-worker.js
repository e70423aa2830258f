// Opens the page without a network. The shell is cached by version; the API is never cached here (what the page last
// knew is in IndexedDB, see store/).
const cacheName = 'cumulo-' + '__VERSION__';
const files = '__FILES__';

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll([...files, '/favicon.svg', '/manifest.webmanifest', new Request('/', { cache: 'reload' })]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      // The release before stays: pages that are open may need parts of it that the service does not have any more.
      .then((names) => Promise.all(names.filter((name) => name !== cacheName).slice(0, -1).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

/** Longer than a network takes that is one. */
const patience = 4000;

/** The network first, so that a new release is seen at once; the cache when it does not answer, or not soon, or a proxy
 * says that the service is away. */
function page(request) {
  const kept = () => caches.open(cacheName).then((cache) => cache.match('/'));
  const answer = fetch(request).then((found) => (found.status < 500 ? found : kept().then((hit) => hit ?? found)));
  const late = new Promise((after) => setTimeout(after, patience)).then(kept).then((hit) => hit ?? answer);
  return Promise.race([answer, late]).catch(() => kept().then((hit) => hit ?? Response.error()));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(request).then((hit) => hit ?? fetch(request)));
  } else if (request.mode === 'navigate' && (url.pathname === '/' || url.pathname.startsWith('/app'))) {
    event.respondWith(page(request));
  } else if (url.pathname === '/favicon.svg' || url.pathname === '/manifest.webmanifest') {
    event.respondWith(fetch(request).catch(() => caches.match(request).then((hit) => hit ?? Response.error())));
  }
});
