/** What staff did, the newest first, narrowed by kind and by who is meant. */

import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { type ActFilter, acts } from "../../api/admin";
import { say } from "../../language/say";
import { Field, inputLook } from "../../ui/field";
import { ago, exactly } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Section } from "../moderation/section";
import { ACTS, actSentence, detailSentence } from "./act-sentences";
import { PagesOf } from "./pages-of";

/** Pause of typing after which is looked. */
const TYPED_MS = 250;
const ALL: ActFilter = { act: "", actor: "", subject: "" };

export function Acts() {
  const now = useNow(30_000);
  const [typed, setTyped] = useState(ALL);
  const [filter, setFilter] = useState(ALL);
  useEffect(() => {
    const timer = setTimeout(() => setFilter(typed), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const name = (field: "actor" | "subject", label: string) => (
    <div className="min-w-0 flex-1 basis-40">
      <Field
        label={label}
        type="search"
        placeholder={t`A whole user name`}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={254}
        data-testid={`acts-${field}`}
        value={typed[field]}
        onChange={(e) => setTyped({ ...typed, [field]: e.target.value })}
      />
    </div>
  );
  return (
    <Section
      title={t`What staff did`}
      testId="admin-log"
      about={t`Nobody can change or remove what stands here.`}
    >
      <div className="flex flex-wrap items-end gap-3 px-4 pb-4 sm:px-5">
        <label className="flex flex-col gap-1.5 text-sm font-medium">
          {t`Act`}
          <select
            className={`${inputLook} !w-48`}
            value={typed.act}
            data-testid="acts-act"
            onChange={(e) => setTyped({ ...typed, act: e.target.value })}
          >
            <option value="">{t`All`}</option>
            {Object.entries(ACTS).map(([act, label]) => (
              <option key={act} value={act}>
                {say(label)}
              </option>
            ))}
          </select>
        </label>
        {name("actor", t`Done by`)}
        {name("subject", t`About`)}
      </div>
      <PagesOf
        queryKey={["own", "admin", "log", filter.act, filter.actor, filter.subject]}
        ask={(cursor, signal) => acts(filter, cursor, signal)}
        empty={filter.act || filter.actor || filter.subject ? t`Nothing matches.` : t`Nothing yet.`}
      >
        {(act) => {
          const detail = detailSentence(act);
          return (
            <li key={act.id} className={ROW} data-testid="act-row" data-act={act.act}>
              <span className="min-w-0 flex-1 wrap-anywhere">
                <bdi>{actSentence(act)}</bdi>
                {detail && <bdi className="block text-xs text-quiet">{detail}</bdi>}
              </span>
              <time dateTime={act.at} title={exactly(act.at)} className="text-xs text-quiet">
                {ago(act.at, now)}
              </time>
            </li>
          );
        }}
      </PagesOf>
    </Section>
  );
}
