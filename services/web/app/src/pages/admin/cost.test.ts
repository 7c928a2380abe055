import { expect, test } from "vitest";
import type { MediaNode, OnAir } from "../../api/admin";
import { coresOf, loadsOf, qualitiesOf } from "./cost";

const broadcast = (change: Partial<OnAir>): OnAir => ({
  id: "1",
  username: "ada",
  display_name: "Ada",
  title: "",
  visibility: "public",
  state: "live",
  started_at: "2026-11-29T10:00:00Z",
  viewers: 3,
  node_id: "n1",
  renditions: [],
  ...change,
});

const rendition = (name: string, encoder: string, shed = false) => ({
  name,
  encoder,
  shed,
  width: 1,
  height: 1,
  fps: 30,
  bitrate_bps: 1,
  codecs: "",
});

test("a transcoder's cores are said where they were measured", () => {
  expect(coresOf(broadcast({ health: { transcode_cpu_permille: 1_260 } }))).toBe("1.3 cores");
  for (const health of [null, undefined, {}, { transcode_cpu_permille: 0 }])
    expect(coresOf(broadcast(health === undefined ? {} : { health }))).toBeNull();
});

test("qualities are counted without those that are not made, with each encoder once", () => {
  const renditions = [
    rendition("source", ""),
    rendition("720p", "vah264enc"),
    rendition("480p", "x264enc"),
    rendition("360p", "x264enc", true),
  ];
  expect(qualitiesOf(broadcast({ renditions }))).toEqual({ made: 3, shed: 1, by: "vah264enc and x264enc" });
});

test("a machine says how full it is, and nothing of what it does not know", () => {
  const machine = {
    cores: 4,
    busy_permille: 505,
    memory_bytes: 8 * 1024 ** 3,
    memory_available_bytes: 6 * 1024 ** 3,
    encoders: ["x264enc"],
    encoders_at_rest: [],
    publishers: 3,
    max_publishers: 500,
  };
  const node: MediaNode = {
    id: "n1",
    rtmps: false,
    draining: false,
    heard_ms_ago: 3,
    broadcasts: 3,
    viewers: 9,
    machine,
  };
  const said = (node: MediaNode) => loadsOf(node).map(({ words }) => words);
  expect(said(node)).toEqual(["51% of 4 cores", "2.0 of 8.0 GiB", "3 of 500"]);
  expect(said({ ...node, machine: { ...machine, cores: 0, memory_bytes: 0 } })).toEqual(["3 of 500"]);
  expect(said({ ...node, machine: null })).toEqual([]);
});
