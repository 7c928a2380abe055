import { expect, test } from "vitest";
import { embedCode } from "./embed-code";

test("the code frames the channel's player, and a name stays a text in it", () => {
  const code = embedCode("https://tv.example", { username: "maya", display_name: 'M"><script>' });
  expect(code).toContain('src="https://tv.example/embed/maya"');
  expect(code).toContain('title="M&quot;&gt;&lt;script&gt; on Streamly"');
  expect(code.match(/[<>]/g)).toHaveLength(4);
});
