/** The checks of texts: what they find, and what they leave alone. */
import { describe, expect, it } from "vitest";
import { unlike } from "./catalogue.mjs";
import { literals } from "./literals.mjs";

const found = (source, file = "src/pages/x.tsx") => literals(file, source).map(({ text }) => text);

describe("texts past the catalogue", () => {
  it("are found in JSX, in attributes, in choices and in sentences", () => {
    expect(found("const X = () => <p>Try again</p>;")).toEqual(["Try again"]);
    expect(found('const X = () => <p aria-label="volume" />;')).toEqual(["volume"]);
    expect(found('const X = ({ on }) => <p>{on ? "Copied" : null}</p>;')).toEqual(["Copied"]);
    expect(found("const X = () => <Select><option>Only those</option></Select>;")).toEqual(["Only those"]);
    expect(found('const words = () => "deleted by you";', "src/x.ts")).toEqual(["deleted by you"]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source of a test
    expect(found("const words = (n) => `Wait ${n} s`;", "src/x.ts")).toEqual(["Wait … s"]);
  });

  it("are found inside of what is put into a text", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source of a test
    expect(found('const words = (x) => t`Hello ${x ?? "Somebody"}`;', "src/x.ts")).toEqual(["Somebody"]);
  });

  it("are not what machines read", () => {
    expect(found('const X = () => <p className="flex items-center" data-testid="card" />;')).toEqual([]);
    expect(found('import x from "Some thing"; if (key === "Page Up") go("ArrowLeft");', "src/x.ts")).toEqual(
      [],
    );
    expect(found("const X = () => <Trans>Try <b>again</b></Trans>;")).toEqual([]);
    expect(found('// not a text: a name\nconst name = "Not Found";', "src/x.ts")).toEqual([]);
  });

  it("are those said before the language is known, and figures past the one module", () => {
    expect(literals("src/x.ts", "const LABEL = t`Try again`;")[0]?.what).toMatch(/before the language/);
    expect(found("const at = (d) => d.toLocaleString();", "src/x.ts")).toEqual(["d.toLocaleString"]);
    expect(found('const at = new Intl.DateTimeFormat("en");', "src/x.ts")).toEqual(["Intl.DateTimeFormat"]);
    expect(found("const at = (d) => d.toLocaleString();", "src/ui/figures.ts")).toEqual([]);
  });
});

describe("a translation", () => {
  const plural = "{n, plural, one {# viewer of {name}} other {# viewers of {name}}}";

  it("fits when it has the same placeholders, tags and forms", () => {
    expect(unlike("Hello {name}", "Hallo {name}", "de")).toBeNull();
    expect(unlike("See <0>here</0>", "Sieh <0>hier</0>", "de")).toBeNull();
    expect(unlike(plural, "{n, plural, one {# von {name}} other {# von {name}}}", "de")).toBeNull();
  });

  it("does not fit when something is missing, strange or broken", () => {
    expect(unlike("Hello", " ", "de")).toBe("is missing");
    expect(unlike("Hello {name}", "Hallo", "de")).toBe("lacks {name}");
    expect(unlike("Hello {name}", "Hallo {name} {nmae}", "de")).toMatch(/has \{nmae\}/);
    expect(unlike("See <0>here</0>", "Sieh hier", "de")).toBe("lacks <0> </0>");
    expect(unlike(plural, "{n, plural, other {# von {name}}}", "de")).toMatch(/no form for one/);
    expect(unlike(plural, "{n, plural, one {# von {name}} other {# von {name}}}", "pl")).toMatch(/few, many/);
    expect(unlike("Hello {name}", "Hallo {name", "de")).toMatch(/cannot be read/);
  });
});
