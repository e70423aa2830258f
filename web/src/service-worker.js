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
      .then((names) => Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(request).then((hit) => hit ?? fetch(request)));
  } else if (request.mode === 'navigate' && (url.pathname === '/' || url.pathname.startsWith('/app'))) {
    // The network first, so that a new release is seen at once; the cache when it does not answer.
    event.respondWith(fetch(request).catch(() => caches.match('/').then((hit) => hit ?? Response.error())));
  } else if (url.pathname === '/favicon.svg' || url.pathname === '/manifest.webmanifest') {
    event.respondWith(fetch(request).catch(() => caches.match(request).then((hit) => hit ?? Response.error())));
  }
});
