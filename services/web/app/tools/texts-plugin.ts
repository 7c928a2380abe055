/**
 * The app's texts at build time, in Vite and in Vitest.
 *
 * A text is written in English where it is used (`t`, `msg`, `<Trans>` of Lingui). This plugin turns the macros into calls and compiles
 * the English sentence in place, so that it travels with the code that says it: English has no catalogue to load, and no parser of
 * messages is shipped. A `.po` file is imported as the compiled messages of its language; what has no translation there stays English.
 */
import { relative } from "node:path";
import { type PluginObj, transformFromAstSync, transformSync, types } from "@babel/core";
import macros from "@lingui/babel-plugin-lingui-macro";
import { createCompiledCatalog, getCatalogForFile, getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import type { Plugin } from "vite";

const named = (object: types.ObjectExpression, name: string) =>
  object.properties.find(
    (property): property is types.ObjectProperty =>
      types.isObjectProperty(property) && types.isIdentifier(property.key, { name }),
  );

/** `{id, message: "Hello {name}"}` → `{id, message: ["Hello ", ["name"]]}`. */
const compiled: PluginObj = {
  visitor: {
    ObjectExpression({ node }) {
      const message = named(node, "message");
      if (!named(node, "id") || !types.isStringLiteral(message?.value)) return;
      message.value = types.valueToNode(compileMessage(message.value.value));
    },
  },
};

export function texts(): Plugin {
  const config = getConfig();
  return {
    name: "texts",
    enforce: "pre",
    async transform(code, id) {
      const [file = ""] = id.split("?");
      if (file.endsWith(".po")) {
        const found = getCatalogForFile(relative(process.cwd(), file), await getCatalogs(config));
        if (!found) throw new Error(`${file} is no catalogue of lingui.config.js`);
        const { messages } = await found.catalog.getTranslations(found.locale, {
          fallbackLocales: {},
          sourceLocale: "en",
        });
        const { source, errors } = createCompiledCatalog(found.locale, messages, { namespace: "es" });
        if (errors[0]) throw errors[0].error;
        return { code: source, map: null };
      }
      if (!/\.tsx?$/.test(file) || !code.includes("/macro")) return null;
      const options = {
        filename: file,
        babelrc: false,
        configFile: false,
        sourceMaps: true,
        parserOpts: { plugins: ["typescript" as const, "jsx" as const] },
      };
      const called = transformSync(code, {
        ...options,
        ast: true,
        code: false,
        plugins: [[macros, { stripNonEssentialFields: false, stripMessageField: false }]],
      });
      if (!called?.ast) return null;
      const done = transformFromAstSync(called.ast, code, { ...options, plugins: [compiled] });
      return done?.code ? { code: done.code, map: done.map ?? null } : null;
    },
  };
}
