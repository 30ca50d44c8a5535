import { defineConfig } from 'vite'

// Plain names: the bundle is kept in the source tree, and the broker has browsers ask each time whether a file has changed.
export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    outDir: '../resources/web',
    emptyOutDir: true,
    target: 'es2020',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: 'app.js',
        chunkFileNames: '[name].js',
        assetFileNames: 'app[extname]',
        manualChunks: (id) => (id.includes('node_modules/mqtt/') ? 'mqtt' : undefined)
      }
    }
  }
})
