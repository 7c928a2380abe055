/** Names and order in the quality menu. */
import { expect, it } from "vitest";
import { linesOf, qualities, qualityLabel } from "./quality";

it("the source comes first and the rungs follow by height, whatever the order of the playlist", () => {
  const list = qualities([
    { url: ["/live/b/0190/360p/index.m3u8?sid=1"], height: 360, bitrate: 800_000 },
    { url: ["/live/b/0190/480p/index.m3u8"], height: 480, bitrate: 1_400_000 },
    { url: ["https://x.example/live/b/0190/source/index.m3u8"], height: 480, bitrate: 2_000_000 },
  ]);
  expect(list.map((q) => [q.name, q.index])).toEqual([
    ["source", 2],
    ["480p", 1],
    ["360p", 0],
  ]);
});

it("a name given by the playlist wins, and the height serves where nothing else is known", () => {
  expect(qualities([{ name: "720p60", url: [], height: 720 }])[0]?.name).toBe("720p60");
  expect(qualities([{ url: ["/x.m3u8"], height: 240 }])[0]?.name).toBe("240p");
});

it("the source says its height, which is the broadcast's as soon as that tells another", () => {
  const source = { index: 1, name: "source", height: 720, bitrate: 0 };
  const rung = { index: 0, name: "360p", height: 360, bitrate: 0 };
  const renditions = [
    { name: "source", height: 1080 },
    { name: "360p", height: 360 },
  ];
  expect(qualityLabel(source, [])).toBe("Source (720p)");
  expect([qualityLabel(source, renditions), linesOf(source, renditions)]).toEqual(["Source (1080p)", 1080]);
  expect([qualityLabel(rung, renditions), linesOf(rung, renditions)]).toEqual(["360p", 360]);
  expect(qualityLabel(source, [{ name: "source", height: 0 }]), "a height that is not known").toBe(
    "Source (720p)",
  );
});
