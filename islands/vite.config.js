// What flows in: src/. What flows out: one module a page, readable, the same bytes on every machine.
// What it must never see: code of others. The packages here build; nothing of them is in what they build.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: process.env.LOCKPLATE_ISLANDS_OUT ?? "../src/lockplate/web/static/built",
    emptyOutDir: true,
    target: "es2022",
    minify: false, // so that a visitor can read what their browser runs
    lib: { entry: { verify: "src/verify/verify.ts", alerts: "src/alerts/alerts.ts" }, formats: ["es"], fileName: (_format, name) => `${name}.js` },
  },
});
