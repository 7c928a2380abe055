/** The limits that the services go by, those first that the operator set otherwise. */
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { ingestLimits, type LimitsOf, limits, type Setting } from "../../api/admin";
import { say } from "../../language/say";
import { Field } from "../../ui/field";
import { ROW, Rows, Section } from "../moderation/section";
import { howSet, inOrder } from "./limits-order";

interface Part {
  of: LimitsOf | "ingest";
  title: MessageDescriptor;
  about: MessageDescriptor;
}

const PARTS: Part[] = [
  {
    of: "user",
    title: msg`Limits of accounts`,
    about: msg`Sign-ins, passwords, mails and what may be asked how often.`,
  },
  {
    of: "stream",
    title: msg`Limits of channels`,
    about: msg`Stream keys, broadcasts, pictures, notices and webhooks.`,
  },
  {
    of: "chat",
    title: msg`Limits of chat`,
    about: msg`Messages, people in a room, and what is kept for how long.`,
  },
  {
    of: "ingest",
    title: msg`Limits of ingest`,
    about: msg`Encoders and their connections, renditions, and what viewers can go back to.`,
  },
  {
    of: "web",
    title: msg`Limits of web`,
    about: msg`Connections, the cache of media, and what one address may take.`,
  },
];

/** A setting, of ingest with the nodes where it is so. */
type Shown = Setting & { nodes?: string[] };

interface Told {
  items: Shown[];
  nodes?: string[];
}

const told = (of: Part["of"], signal: AbortSignal): Promise<Told> =>
  of === "ingest" ? ingestLimits(signal) : limits(of, signal);

export function Limits() {
  const [typed, setTyped] = useState("");
  const queries = useQueries({
    queries: PARTS.map(({ of }) => ({
      queryKey: ["own", "admin", "limits", of],
      queryFn: ({ signal }: { signal: AbortSignal }) => told(of, signal),
      select: (all: Told): Told => ({ ...all, items: inOrder(all.items, typed) }),
    })),
  });
  const count = queries.reduce((sum, { data }) => sum + (data?.items.length ?? 0), 0);
  const counted = typed.trim() !== "" && queries.every(({ data }) => data);
  return (
    <>
      <p className="max-w-[70ch] text-sm text-quiet">{t`What the machines do is under “On air”.`}</p>
      <Field
        label={t`Find a setting`}
        type="search"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={100}
        data-testid="limits-search"
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
      />
      <p role="status" data-testid="limits-found" className="text-sm text-quiet empty:absolute">
        {counted && plural(count, { one: "# setting matches.", other: "# settings match." })}
      </p>
      {PARTS.map((part, n) => {
        const query = queries[n];
        return query && <LimitList key={part.of} part={part} query={query} />;
      })}
    </>
  );
}

function LimitList({ part, query }: { part: Part; query: UseQueryResult<Told> }) {
  const about = say(part.about);
  const nodes = query.data?.nodes;
  return (
    <Section
      title={say(part.title)}
      testId={`limits-${part.of}`}
      about={`${about} ${t`They are changed in the service's settings and count from its next start.`}`}
    >
      <Rows
        query={query}
        empty={nodes?.length === 0 ? t`No node says what it goes by.` : t`No setting matches.`}
      >
        {(setting) => (
          <LimitRow
            key={`${setting.key} ${setting.value} ${setting.default}`}
            setting={setting}
            of={nodes?.length ?? 0}
          />
        )}
      </Rows>
    </Section>
  );
}

/** `of`: so many nodes there are. */
function LimitRow({ setting, of }: { setting: Shown; of: number }) {
  const how = howSet(setting);
  const usual = setting.default ?? "";
  const names = setting.nodes && setting.nodes.length < of ? setting.nodes.join(", ") : "";
  return (
    <li className={ROW} data-testid="limit-row" data-key={setting.key}>
      <code className="min-w-0 flex-1 basis-56 wrap-anywhere">{setting.key}</code>
      <span className="figures wrap-anywhere">
        <span className={how === "usual" ? "text-quiet" : "font-semibold text-text"}>{setting.value}</span>
        {how !== "usual" && (
          <span className="ps-2 text-xs text-quiet">
            {how === "set" ? t`set, without a default` : t`usually ${usual}`}
          </span>
        )}
        {names && <span className="ps-2 text-xs text-quiet">{t`on ${names}`}</span>}
      </span>
    </li>
  );
}
