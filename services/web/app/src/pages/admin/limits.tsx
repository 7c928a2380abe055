/** The limits that the services go by, those first that the operator set otherwise. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type LimitsOf, limits, type Setting } from "../../api/admin";
import { Field } from "../../ui/field";
import { ROW, Rows, Section } from "../moderation/section";
import { inOrder, isSet } from "./limits-order";

export function Limits() {
  const [typed, setTyped] = useState("");
  return (
    <>
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
      <LimitList
        of="user"
        title={t`Limits of accounts`}
        about={t`Sign-ins, passwords, mails and what may be asked how often.`}
        typed={typed}
      />
      <LimitList
        of="stream"
        title={t`Limits of channels`}
        about={t`Stream keys, broadcasts, pictures, notices and webhooks.`}
        typed={typed}
      />
      <LimitList
        of="chat"
        title={t`Limits of chat`}
        about={t`Messages, people in a room, and what is kept for how long.`}
        typed={typed}
      />
    </>
  );
}

function LimitList({
  of,
  title,
  about,
  typed,
}: {
  of: LimitsOf;
  title: string;
  about: string;
  typed: string;
}) {
  const query = useQuery({
    queryKey: ["own", "admin", "limits", of],
    queryFn: ({ signal }) => limits(of, signal),
    retry: false,
    select: ({ items }) => ({ items: inOrder(items, typed) }),
  });
  return (
    <Section
      title={title}
      testId={`limits-${of}`}
      about={`${about} ${t`They are changed in the service's settings and count from its next start.`}`}
    >
      <Rows query={query} empty={t`None is called so.`}>
        {(setting) => <LimitRow key={setting.key} setting={setting} />}
      </Rows>
    </Section>
  );
}

function LimitRow({ setting }: { setting: Setting }) {
  const usual = setting.default ?? "";
  return (
    <li className={ROW} data-testid="limit-row" data-key={setting.key}>
      <code className="min-w-0 flex-1 basis-56 wrap-anywhere">{setting.key}</code>
      <span className="figures wrap-anywhere">
        <span className={isSet(setting) ? "font-semibold text-text" : "text-quiet"}>{setting.value}</span>
        {isSet(setting) && <span className="ps-2 text-xs text-quiet">{t`usually ${usual}`}</span>}
      </span>
    </li>
  );
}
