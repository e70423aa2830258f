import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { offlineShell } from './offline-shell';

// The services listen at 8000 in development (`make run`); the built page is embedded in the program (CMakeLists.txt).
export default defineConfig({
  plugins: [react(), offlineShell()],
  // Its package names these by a pattern with two asterisks, which the bundler does not read.
  resolve: { alias: [{ find: /^chrono-node\/(de|en)$/, replacement: fileURLToPath(new URL('./node_modules/chrono-node/dist/esm/locales/$1/index.js', import.meta.url)) }] },
  build: {
    outDir: process.env.CUMULO_PAGE_OUT ?? '../build/page',
    emptyOutDir: true,
    target: 'es2022',
    // Everything that is in a file of its own can be served under the strict policy, a data: URL less so.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // Names with a hexadecimal hash are what the server knows as immutable (platform/http/static_files.cpp).
      output: {
        hashCharacters: 'hex',
        entryFileNames: 'assets/[name]-[hash:12].js',
        chunkFileNames: 'assets/[name]-[hash:12].js',
        assetFileNames: 'assets/[name]-[hash:12][extname]',
      },
    },
  },
  server: { proxy: { '/api': process.env.CUMULO_URL ?? 'http://127.0.0.1:8000' } },
});
