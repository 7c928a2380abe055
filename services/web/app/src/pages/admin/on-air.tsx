/** What is on air: the machines with how full they are, and each broadcast with what it costs. Asks anew every few seconds. */

import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type MediaNode, nodes, type OnAir, onAir } from "../../api/admin";
import type { Shown } from "../../live/stream-state";
import { bitrate, fps, list, viewers } from "../../ui/figures";
import { LiveBadge } from "../../ui/live-badge";
import { Uptime } from "../../ui/uptime";
import { ROW, Rows, Section } from "../moderation/section";
import { coresOf, loadsOf, qualitiesOf } from "./cost";
import { PagesOf } from "./pages-of";

const EVERY_MS = 5_000;
/** From so full on a bar is a warning. */
const FULL = 0.9;
/** A node is heard every second; after this it may be gone. */
const SILENT_MS = 3_000;

export function OnAirDesk() {
  const machines = useQuery({
    queryKey: ["own", "admin", "nodes"],
    queryFn: ({ signal }) => nodes(signal),
    refetchInterval: EVERY_MS,
  });
  return (
    <>
      <Section
        title={t`Machines`}
        testId="admin-nodes"
        about={t`Each takes broadcasts and makes their qualities. The figures are of the whole machine, with whatever else runs on it.`}
      >
        <Rows query={machines} empty={t`No machine takes broadcasts now.`}>
          {(node) => <NodeRow key={node.id} node={node} />}
        </Rows>
      </Section>
      <Section
        title={t`On air`}
        testId="admin-on-air"
        about={t`Every broadcast, whoever may watch it, the newest first, with what it takes of its machine.`}
      >
        <PagesOf
          queryKey={["own", "admin", "on-air"]}
          ask={(cursor, signal) => onAir(cursor, signal)}
          every={EVERY_MS}
          empty={t`Nobody broadcasts now.`}
        >
          {(item) => <BroadcastRow key={item.id} item={item} />}
        </PagesOf>
      </Section>
    </>
  );
}

function NodeRow({ node }: { node: MediaNode }) {
  const { broadcasts, machine } = node;
  const silent = node.heard_ms_ago > SILENT_MS;
  const watch = viewers(node.viewers);
  return (
    <li className={ROW} data-testid="node-row">
      <div className="min-w-0 flex-1 basis-56 wrap-anywhere">
        <bdi className="font-semibold">{node.id}</bdi>
        <p className="text-xs text-quiet">
          {plural(broadcasts, { one: "# broadcast", other: "# broadcasts" })}, {watch}
          {node.draining && `, ${t`takes no new ones`}`}
          {silent && `, ${t`not heard for some seconds`}`}
        </p>
        {machine && machine.encoders.length > 0 && (
          <p className="text-xs text-quiet">{encoderWords(machine.encoders)}</p>
        )}
        {machine && machine.encoders_at_rest.length > 0 && (
          <p className="text-xs text-warn">{restWords(machine.encoders_at_rest)}</p>
        )}
      </div>
      <ul className="grid w-full gap-2 sm:w-72">
        {loadsOf(node).map(({ key, name, words, share }) => (
          <li key={key}>
            <p className="flex justify-between gap-3 text-xs">
              <span className="text-quiet">{name}</span>
              <span className="figures">{words}</span>
            </p>
            <div aria-hidden className="mt-1 h-1 overflow-hidden rounded-full bg-line">
              <div
                className={`h-full ${share >= FULL ? "bg-warn" : "bg-action"}`}
                style={{ width: `${Math.min(100, share * 100)}%` }}
              />
            </div>
          </li>
        ))}
      </ul>
    </li>
  );
}

function encoderWords(names: string[]): string {
  const encoders = list(names);
  return t`Encoders: ${encoders}`;
}

function restWords(names: string[]): string {
  const encoders = list(names);
  return t`Put aside after faults: ${encoders}`;
}

function BroadcastRow({ item }: { item: OnAir }) {
  const { made, shed, by } = qualitiesOf(item);
  const rate = item.health?.video_bitrate_bps;
  const facts = [
    rate ? bitrate(rate) : null,
    fps(item.health?.fps),
    plural(made, { one: "# quality", other: "# qualities" }),
    shed > 0 ? t`${shed} not made for want of room` : null,
    by || null,
    item.node_id,
  ].filter((fact) => fact !== null);
  return (
    <li className={ROW} data-testid="on-air-row" data-name={item.username}>
      <div className="min-w-0 flex-1 basis-64 wrap-anywhere">
        <Link to={`/${item.username}`} className="font-semibold hover:underline">
          <bdi>{item.display_name}</bdi>
        </Link>{" "}
        <bdi className="text-sm text-quiet">{item.title}</bdi>
        <p className="text-xs text-quiet">{facts.join(" · ")}</p>
      </div>
      <p className="figures flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-quiet">
        <LiveBadge state={item.state as Shown} />
        <span>
          <Uptime since={item.started_at} />
        </span>
        <span>{viewers(item.viewers)}</span>
        <span data-testid="on-air-cost" className="font-semibold text-text">
          {coresOf(item) ?? t`not transcoded`}
        </span>
      </p>
    </li>
  );
}
